import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { postJournals } from '../../db/ledger';
import { lockInstitutions } from '../../db/settlement-locks';
import { insertTopUps, type TopUp } from '../../db/top-ups';
import { lockWindow } from '../../db/windows';
import type { BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { supervisedAccounts } from '../../domain/ledger';
import { formatYuan } from '../../domain/money';
import { firstDayOf, type Period } from '../../domain/plain-date';
import type { WindowPolicy } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import { topUpKey } from '../../domain/window/ids';
import { attempted } from './attempts';
import type { CommandContext } from './context';
import {
  contentHash,
  RECORDERS,
  requireBegun,
  requireStandIn,
  settlingBodies,
  tellWindow,
  THEMSELVES,
  windowRules,
} from './window-step';

export interface TopUpsCommand {
  region: string;
  /** The window that the money was paid in for. */
  period: Period;
  topUps: readonly TopUp[];
  /** Who records; each institution for itself where left out. */
  person?: string;
  updateId?: string;
}

export type RecordedTopUp = TopUp & {
  /** It was recorded before with the same content. */
  again: boolean;
};

/**
 * Books what institutions paid in for a window: their own money from now on (新医保发〔2025〕50号 四(二)). All or none; one that
 * is recorded under its number stays once.
 *
 * @throws Refusal `OutsideWindow` for a day to come or before there were windows, or a month that has not begun; `IdempotencyConflict`, `NotFound`, `NotSettlementBody`,
 * `RecorderRoleMissing`
 */
export async function recordTopUps(context: CommandContext, command: TopUpsCommand): Promise<RecordedTopUp[]> {
  const { region, period, person, topUps, updateId = randomUUID() } = command;
  const at = context.clock.now();
  const attempt = {
    updateId,
    caseId: caseIds.window(region, period),
    person: person ?? THEMSELVES,
    action: 'top-up',
    contentSha256: contentHash(topUps.map((each) => ({ ...each, amountFen: each.amountFen.toString() }))),
    at,
  };
  return attempted(context, attempt, () => context.db.transaction((trx) => recordIn(trx, command, at)));
}

async function recordIn(trx: Knex, command: TopUpsCommand, at: BusinessMoment): Promise<RecordedTopUp[]> {
  const { region, period, person, topUps } = command;
  const { stamp, window } = await windowRules(trx, region, period, at.date);
  requireBegun(period, at.date, 'top-ups');
  for (const each of topUps) checkTopUp(each, at, window);
  await lockWindow(trx, region, period);
  const named = topUps.map(({ institution }) => institution);
  // Before the register is read: no institution becomes a member meanwhile.
  await lockInstitutions(trx, region, named);
  const bodies = await settlingBodies(trx, region, named);
  await requireStandIn(trx, { region, ...(person ? { person } : {}), bodies, on: at.date }, RECORDERS);
  const fresh = await insertTopUps(trx, { region, period, topUps, ...(person ? { person } : {}) });
  const keyOf = ({ institution, topUpId }: TopUp): string => topUpKey(region, institution, topUpId);
  const news = topUps.filter((each) => fresh.has(keyOf(each)));
  const caseId = caseIds.window(region, period);
  await postJournals(
    trx,
    region,
    news.map((each) => ({
      book: 'supervised',
      key: keyOf(each),
      date: each.receivedOn,
      event: 'top-up',
      // What the payer wrote into the text: reconciliation finds it there.
      reference: each.topUpId,
      caseId,
      policy: stamp,
      transfers: [
        {
          debit: supervisedAccounts.cash(),
          credit: supervisedAccounts.own(each.institution),
          amountFen: each.amountFen,
        },
      ],
    })),
  );
  await tellWindow(
    trx,
    caseId,
    at,
    news.map((each) => ({
      key: keyOf(each),
      event: 'topped-up',
      actor: person ?? each.institution,
      detail: `${each.institution}: ${formatYuan(each.amountFen)}`,
    })),
  );
  return topUps.map((each) => ({ ...each, again: !fresh.has(keyOf(each)) }));
}

function checkTopUp(
  { topUpId, amountFen, receivedOn }: TopUp,
  { date }: BusinessMoment,
  { firstPeriod }: Pick<WindowPolicy, 'firstPeriod'>,
): void {
  const first = firstDayOf(firstPeriod);
  if (receivedOn > date) throw new Refusal('OutsideWindow', `top-up ${topUpId}: ${receivedOn} is after today, ${date}`);
  if (receivedOn < first)
    throw new Refusal('OutsideWindow', `top-up ${topUpId}: ${receivedOn} is before windows began, on ${first}`);
  if (amountFen <= 0n) throw new Refusal('UsageInvalid', `top-up ${topUpId}: ${formatYuan(amountFen)} is not paid in`);
}
