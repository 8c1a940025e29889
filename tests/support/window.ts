import type { Client } from '@temporalio/client';
import type { Knex } from 'knex';
import pino from 'pino';
import { postJournals } from '../../db/ledger';
import { savePolicy, saveRegion } from '../../db/register';
import { atPhase, Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { groupBy } from '../../domain/group-by';
import type { CommandContext } from '../../operator/commands/context';
import { makeRegion } from '../../rehearsal/made-up-region';
import { insertFile } from './application-file';
import { journal, transfer } from './ledger';
import { publishedPolicy } from './published';

export const REGION = '650500';

/** A line as it was accepted, with what a test says of it. */
export interface LineOf {
  line: string;
  body: string;
  enterprise: string;
  amountFen: bigint;
  period?: string;
  institution?: string;
}

/** A small region under Xinjiang's policy whose settlement bodies have filed their entrustment letters. */
export async function saveWindowRegion(
  owner: Knex,
  { institutions = 20, enterprises = 5, entrusted = true } = {},
): Promise<{ bodies: string[]; members: { institution: string; body: string }[]; enterprises: string[] }> {
  await savePolicy(owner, publishedPolicy('xinjiang-2025-50'));
  const region = makeRegion({ code: REGION, institutions, enterprises });
  await saveRegion(owner, region, { policies: ['xinjiang-2025-50'], provisionalCalendar: false });
  const bodies = region.institutions.filter((each) => each.settlesThrough === undefined);
  const codes = bodies.map(({ institution }) => institution).sort();
  if (entrusted) for (const body of codes) await fileLetter(owner, body);
  return {
    bodies: codes,
    members: region.institutions.flatMap(({ institution, settlesThrough }) =>
      settlesThrough === undefined ? [] : [{ institution, body: settlesThrough }],
    ),
    enterprises: region.enterprises.map(({ enterprise }) => enterprise),
  };
}

export async function fileLetter(db: Knex, institution: string, from = '2026-01-01', to?: string): Promise<void> {
  await db('settle.entrustments').insert({
    region: REGION,
    institution,
    number: `示例委托书 ${institution} ${from}`,
    valid_from: from,
    valid_to: to ?? null,
    sha256: 'e'.repeat(64),
    filed_on: from,
    filed_by: '650500-officer',
  });
}

/** Writes accepted lines as an import leaves them. */
export async function acceptLines(db: Knex, lines: readonly LineOf[]): Promise<void> {
  const files = new Map<string, number>();
  for (const [period, ofPeriod] of groupBy(lines, ({ period = '2026-04' }) => period))
    files.set(period, await insertFile(db, REGION, period, ofPeriod.length));
  await db('settle.application_lines').insert(
    lines.map(({ line, body, enterprise, amountFen, period = '2026-04', institution = body }, index) => ({
      region: REGION,
      period,
      line,
      order_no: `示例订单 ${line}`,
      institution,
      body,
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
      file_id: files.get(period)!,
      row_no: index + 2,
    })),
  );
}

/** Puts money into ledgers of institutions: prepaid by the fund, or its own. */
export async function fund(
  db: Knex,
  institution: string,
  { prepayment = 0n, own = 0n }: { prepayment?: bigint; own?: bigint },
): Promise<void> {
  const ledger = `supervised/ledger/${institution}`;
  await postJournals(db, REGION, [
    ...(prepayment === 0n
      ? []
      : [
          journal(`funded/${institution}/${prepayment}`, 'disbursement-booked', [
            transfer('supervised/cash', `${ledger}/prepayment`, prepayment),
          ]),
        ]),
    ...(own === 0n
      ? []
      : [journal(`own/${institution}/${own}`, 'top-up', [transfer('supervised/cash', `${ledger}/own`, own)])]),
  ]);
}

/** The commands of a database without services, at ten o'clock of a day that the test sets. */
export function windowContext(db: Knex, day: string): CommandContext & { setDay(day: string): void } {
  let now = atPhase(plainDate(day), Phase.PeopleAct);
  return {
    db,
    client: {} as Client,
    log: pino({ level: 'silent' }),
    clock: { now: () => now },
    setDay(next) {
      now = atPhase(plainDate(next), Phase.PeopleAct);
    },
  };
}
