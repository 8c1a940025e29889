import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { stringify } from 'yaml';
import { issueDueDocuments } from '../../operator/commands/documents';
import { loadReceivables } from '../../db/documents/financing';
import type { DocumentModel } from '../../domain/documents/model';
import { atPhase, Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { rehearse } from '../../rehearsal/rehearse';
import type { Summary } from '../../rehearsal/summary';
import { makeFolder } from '../independent/made-up-folder';

// Half a year of a made-up region with its documents: what is issued follows from what happened, once each.

const LINES_A_PERIOD = 12;
const log = pino({ level: 'silent' });

interface Stored {
  number: string;
  kind: string;
  about: string;
  subject: string;
  dated: string;
  content: DocumentModel;
  content_sha256: string;
}

let directory: string;
let documents: Stored[];
let files: { number: string; format: string; sha256: string }[];
let again: { issued: number; drawn: number };
let receivables: number;
let summary: Summary;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle-documents-'));
  const folder = join(directory, 'region');
  const { bodies } = makeFolder(folder, 11, LINES_A_PERIOD);
  writeFileSync(
    join(directory, 'scenario.yaml'),
    stringify({
      institutions: {
        [bodies[4]!]: {
          return: { '2026-04': 'never' },
          correct: { 'prepayment-not-returned/2026-04': '2026-06-12' },
        },
      },
    }),
  );
  const result = await rehearse({
    regions: [folder],
    from: '2026-01',
    to: '2026-06',
    policies: [],
    scenario: join(directory, 'scenario.yaml'),
    seed: 3,
    out: join(directory, 'out'),
    provisionalCalendar: false,
    documents: true,
    webUi: false,
    progress: () => undefined,
    log,
    inspect: async ({ db }) => {
      const rows = await db('settle.documents')
        .orderBy('number')
        .select<(Omit<Stored, 'content'> & { content: string })[]>('*');
      documents = rows.map((row) => ({ ...row, content: JSON.parse(row.content) as DocumentModel }));
      files = await db('settle.document_files').orderBy(['number', 'format']);
      const clock = { now: () => atPhase(plainDate('2026-06-30'), Phase.FundMoves) };
      again = await issueDueDocuments({ db, log, clock }, '659900');
      receivables = (await loadReceivables(db, '659900', 'E0001', plainDate('2026-06-30'))).length;
    },
  });
  await result.stop();
  summary = result.summaries[0]!;
}, 600_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const of = (kind: string): Stored[] => documents.filter((each) => each.kind === kind);

describe('the documents of a region', () => {
  it('has one statement for each that was confirmed, with its amounts', () => {
    expect(
      of('pre-settlement-statement')
        .map(({ subject, content }) => `${subject} ${content.facts[1]![1]}`)
        .sort(),
    ).toEqual(summary.statements.map(({ institution, period }) => `${institution} ${period}`).sort());
    for (const { content, subject } of of('pre-settlement-statement')) {
      const facts = Object.fromEntries(content.facts);
      const row = summary.statements.find((each) => each.institution === subject && each.period === facts['结算月份'])!;
      expect([facts['货款（元）'], facts['冲抵（元）'], facts['应付（元）']]).toEqual([
        row.gross,
        row.credits,
        row.net,
      ]);
      // The lines of the document add up to what it says.
      expect(content.tables[1]!.totals![8]).toBe(row.net);
    }
  });

  it('has notice, suspension and resumption of one breach, each on its day', () => {
    const letters = ['breach-notice', 'suspension-notice', 'resumption-notice'].map((kind) => {
      const [letter, ...more] = of(kind);
      expect(more).toEqual([]);
      return [letter!.number, letter!.dated];
    });
    // Noticed on the first working day after Labour Day; ten working days later is 2026-05-19, and June the month after.
    expect(letters).toEqual([
      ['659900-WY-2026-0001', '2026-05-06'],
      ['659900-ZT-2026-0001', '2026-06-01'],
      ['659900-HF-2026-0001', '2026-06-12'],
    ]);
    expect(of('breach-notice')[0]!.content.paragraphs[1]).toContain('2026-05-19前改正');
  });

  it('has a stage report for each month by the fifth working day of the next one', () => {
    // May begins with holidays: its fifth working day is the 11th, after a working Saturday.
    expect(of('stage-report').map(({ dated }) => dated)).toEqual(['2026-04-08', '2026-05-11', '2026-06-05']);
  });

  it('lists the payments of each release with its four levels', () => {
    for (const { content } of of('payment-order-list')) expect(content.tables[0]!.rows).toHaveLength(4);
    expect(of('payment-order-list').length).toBeGreaterThan(4);
  });

  it('keeps for each its hash, and for each file the hash of its bytes', () => {
    expect(files).toHaveLength(documents.length * 2);
    const written = readdirSync(join(directory, 'out', 'documents'));
    expect(written).toHaveLength(files.length);
    for (const { number, format, sha256 } of files) {
      const bytes = readFileSync(join(directory, 'out', 'documents', `${number}.${format}`));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
  });

  it('numbers each kind without a gap', () => {
    for (const kind of new Set(documents.map((each) => each.kind))) {
      const serials = of(kind).map(({ number }) => Number(number.slice(-4)));
      expect(serials).toEqual(serials.map((_, index) => index + 1));
    }
  });

  it('does nothing when it is asked again', () => {
    expect(again).toEqual({ issued: 0, drawn: 0 });
  });

  it('has nothing left to finance when everything was paid', () => {
    expect(receivables).toBe(0);
  });
});
