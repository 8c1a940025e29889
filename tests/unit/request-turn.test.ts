import fc from 'fast-check';
import { mayCorrect, mayPrepare, type RequestTurn } from '../../domain/request-turn';

const free: RequestTurn = { isOpen: false, isPreparationWanted: false };

describe('whose turn it is to raise a request', () => {
  it.each<[string, RequestTurn, { prepares: boolean; corrects: boolean }]>([
    ['nothing goes on', free, { prepares: false, corrects: true }],
    ['a preparation is wanted', { ...free, isPreparationWanted: true }, { prepares: true, corrects: false }],
    ['a request is open', { ...free, isOpen: true }, { prepares: false, corrects: false }],
    [
      'a rejected preparation is wanted again while a request is open',
      { ...free, isOpen: true, isPreparationWanted: true },
      { prepares: false, corrects: false },
    ],
    ['a preparation is being raised', { ...free, raising: 'preparation' }, { prepares: false, corrects: false }],
    ['a correction is being raised', { ...free, raising: 'correction' }, { prepares: false, corrects: false }],
    [
      'a correction is being raised, and a preparation wanted meanwhile',
      { ...free, isPreparationWanted: true, raising: 'correction' },
      { prepares: false, corrects: false },
    ],
  ])('%s', (_, turn, { prepares, corrects }) => {
    expect(mayPrepare(turn)).toBe(prepares);
    expect(mayCorrect(turn)).toBe(corrects);
  });

  it('never lets two requests be raised or undecided at once, whatever is asked in which order', () => {
    const events = fc.constantFrom('want', 'prepare', 'correct', 'raised', 'failed', 'decided');
    fc.assert(
      fc.property(fc.array(events, { maxLength: 40 }), (asked) => {
        const turn: RequestTurn = { ...free };
        let requests = 0;
        for (const event of asked) {
          if (event === 'want') turn.isPreparationWanted = true;
          else if (event === 'prepare' && mayPrepare(turn)) {
            turn.isPreparationWanted = false;
            turn.raising = 'preparation';
          } else if (event === 'correct' && mayCorrect(turn)) turn.raising = 'correction';
          else if (event === 'raised' && turn.raising) {
            requests += 1;
            turn.isOpen = true;
            turn.raising = undefined;
          } else if (event === 'failed') turn.raising = undefined;
          else if (event === 'decided' && turn.isOpen) {
            requests -= 1;
            turn.isOpen = false;
          }
          expect(requests + (turn.raising ? 1 : 0)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
