import { insertFile } from './application-file';
import { postJournals } from '../../db/ledger';
import { loadRegion } from '../../db/register';
import { Phase } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { period as toPeriod, plainDate } from '../../domain/plain-date';
import type { Region } from '../../domain/region';
import { confirm } from '../../operator/commands/confirm-statement';
import { barrierMs } from '../../domain/due-points';
import { journal, transfer } from './ledger';
import { regionOf, type TestStage } from './stage';

/** Settlement windows on a whole stage: a region with one hospital that owns money, and suppliers. */
export interface WindowLine {
  line: string;
  enterprise: string;
  amountFen: bigint;
}

export const hospitalOf = (code: string): string => `H${code}00001`;

/** The supplier's account holds its region and its name, so that no two are the same. */
export function windowRegionOf(code: string, enterprises: readonly string[]): Region {
  const region = regionOf(code, [{ institution: hospitalOf(code), baseFen: 0n }]);
  return {
    ...region,
    enterprises: enterprises.map((enterprise) => ({
      enterprise,
      name: `示例医药${enterprise}`,
      account: `${code}88${enterprise}`,
      bankCode: `${code}000009`,
    })),
  };
}

/** Files the letter of the region's hospital, and gives it money, prepaid and of its own, in the books and at the bank. */
export async function endow(
  { stage }: TestStage,
  code: string,
  { ownFen, prepaidFen = 0n }: { ownFen: bigint; prepaidFen?: bigint },
): Promise<void> {
  const institution = hospitalOf(code);
  const day = plainDate('2026-01-02');
  await stage.db('settle.entrustments').insert({
    region: code,
    institution,
    number: `示例委托书 ${institution}`,
    valid_from: '2026-01-01',
    valid_to: null,
    sha256: 'e'.repeat(64),
    filed_on: '2026-01-01',
    filed_by: `${code}-officer`,
  });
  const ledger = `supervised/ledger/${institution}`;
  const money = (key: string, event: 'top-up' | 'disbursement-booked', account: string, amountFen: bigint) =>
    amountFen === 0n
      ? []
      : [
          journal(`${key}/${code}`, event, [transfer('supervised/cash', `${ledger}/${account}`, amountFen)], {
            date: day,
          }),
        ];
  await postJournals(stage.db, code, [
    ...money('own', 'top-up', 'own', ownFen),
    ...money('prepaid', 'disbursement-booked', 'prepayment', prepaidFen),
  ]);
  const { supervisedAccount: account } = await loadRegion(stage.db, code);
  const id = `endowment/${code}`;
  await stage.bank.credit([
    { id, account, amountFen: ownFen + prepaidFen, bookedOn: day, payerName: institution, text: id },
  ]);
}

/** Lines as an import of the window's file leaves them. */
export async function apply(
  { stage }: TestStage,
  code: string,
  period: string,
  lines: readonly WindowLine[],
): Promise<void> {
  const file = await insertFile(stage.db, code, period, lines.length);
  await stage.db('settle.application_lines').insert(
    lines.map(({ line, enterprise, amountFen }, index) => ({
      region: code,
      period,
      line,
      order_no: `示例订单 ${line}`,
      institution: hospitalOf(code),
      body: hospitalOf(code),
      enterprise,
      drug: '示例药品',
      category: 'vbp-national',
      kind: amountFen < 0n ? 'return' : 'delivery',
      quantity: amountFen < 0n ? -1 : 1,
      unit_price: (Math.abs(Number(amountFen)) / 100).toFixed(2),
      amount_fen: amountFen,
      ordered_on: null,
      received_on: `${period}-01`,
      applied_on: `${period}-03`,
      verified_by: 'both',
      invoice: '',
      file_id: file,
      row_no: index + 2,
    })),
  );
}

/** Starts a window on the 1st at midnight, as the calendar does. */
export async function startWindow(play: TestStage, code: string, period: string): Promise<string> {
  const caseId = caseIds.window(code, toPeriod(period));
  const start = { date: plainDate(`${period}-01`), phase: Phase.Deadline };
  play.setClock(start.date, start.phase);
  await play.machine.start(
    { caseId, workflowType: 'settlementWindow', kind: 'window', input: { region: code, period } },
    barrierMs(start),
  );
  await play.settle(caseId);
  return caseId;
}

/** The hospital agrees to everything that is open, on a day at ten. */
export async function confirmAll(play: TestStage, code: string, period: string, on = `${period}-10`): Promise<void> {
  play.setClock(on, Phase.PeopleAct);
  await confirm(play.context, { region: code, period: toPeriod(period), person: hospitalOf(code) });
}

/** Opens a window with lines that the hospital agrees to, and brings it to the afternoon of its batch. */
export async function toBatch(
  play: TestStage,
  code: string,
  period: string,
  batchOn: string,
  lines: readonly WindowLine[],
): Promise<string> {
  const caseId = await startWindow(play, code, period);
  await apply(play, code, period, lines);
  await confirmAll(play, code, period);
  await play.goTo(caseId, batchOn, Phase.ApprovalsAndBank);
  return caseId;
}
