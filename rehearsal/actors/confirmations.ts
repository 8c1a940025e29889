import { createHash } from 'node:crypto';
import { agencyAccounts } from '../../db/register';
import { findPolicyWith } from '../../db/region-policy';
import { Phase } from '../../domain/business-time';
import {
  addMonths,
  dayInPeriod,
  firstDayOf,
  period as toPeriod,
  periodOf,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import type { WindowPolicy } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import type { Region } from '../../domain/region';
import { NEVER, type InstitutionScript, type Scenario } from '../../domain/scenario';
import { topUpKey } from '../../domain/window/ids';
import { confirm, previewStatements } from '../../operator/commands/confirm-statement';
import type { CommandContext } from '../../operator/commands/context';
import { disputeLines } from '../../operator/commands/dispute-lines';
import { fileEntrustments } from '../../operator/commands/file-entrustment';
import { openAmong } from '../../operator/commands/open-lines';
import { recordTopUps } from '../../operator/commands/record-top-up';
import { readEntrustments } from '../../operator/files/entrustments';
import type { BankScriptClient } from '../../workers/bank-simulator/script-client';
import type { Actors } from './actors';

export interface ConfirmationActorOptions {
  context: CommandContext;
  bank: BankScriptClient;
  scenario: Scenario;
  regions: readonly Region[];
}

/** The day on which institutions confirm by default, where the policy's window is open then; else its nearest day. */
const CONFIRMATION_DAY = 10;

function confirmationDay(window: Period, { fromDay, toDay }: WindowPolicy['confirmation']): PlainDate {
  return dayInPeriod(window, Math.min(Math.max(CONFIRMATION_DAY, fromDay), toDay));
}
const DISPUTE_REASON = '示例：与入库数量不符';

/**
 * Institutions in settlement windows (DESIGN 8): each files its letter before its first window, and by default confirms
 * everything on the 10th, topping up exactly what is missing. They act after the day's returns.
 */
export function createConfirmationActors(options: ConfirmationActorOptions): Actors {
  const { context, scenario, regions } = options;
  const people = regions.map((region) => createBodies(options, region));
  const scriptedDays = Object.values(scenario.institutions).flatMap(daysOf);

  return {
    async act({ date, phase }) {
      if (phase !== Phase.PeopleAct) return false;
      const acted = await Promise.all(people.map((bodies) => bodies.act(date)));
      return acted.includes(true);
    },
    async nextPoints({ date }) {
      const month = periodOf(date);
      const next = addMonths(month, 1);
      const policies = await Promise.all(
        regions.map(({ code }) => findPolicyWith(context.db, code, 'window', firstDayOf(next))),
      );
      const firstWindows = policies.flatMap((each) => (each ? [firstDayOf(each.policy.window!.firstPeriod)] : []));
      if (firstWindows.length === 0) return [];
      const byDefault = policies.flatMap((each) =>
        each ? [month, next].map((window) => confirmationDay(window, each.policy.window!.confirmation)) : [],
      );
      const days = [...firstWindows, ...byDefault, ...scriptedDays];
      return days.map((day) => ({ date: day, phase: Phase.PeopleAct }));
    },
  };
}

function daysOf({ confirm: confirmed, correct }: InstitutionScript): PlainDate[] {
  return [...Object.values(confirmed), ...Object.values(correct)].filter((day): day is PlainDate => day !== NEVER);
}

/** The settlement bodies of one region. */
function createBodies({ context, bank, scenario }: ConfirmationActorOptions, region: Region) {
  const { code } = region;
  const bodies = region.institutions.filter(({ settlesThrough }) => settlesThrough === undefined);
  const scriptOf = (body: string): InstitutionScript | undefined => scenario.institutions[body];
  const acted = new Set<PlainDate>();
  let filed = false;

  /** Who confirms on this day, and for which window: its own day, or the day on which it makes an earlier window good. */
  function confirming(date: PlainDate, confirmation: WindowPolicy['confirmation']): Map<Period, string[]> {
    const { fromDay, toDay } = confirmation;
    const windows = new Map<Period, string[]>();
    const add = (window: Period, body: string): void => {
      const known = windows.get(window) ?? [];
      if (!known.includes(body)) windows.set(window, [...known, body]);
    };
    const thisMonth = periodOf(date);
    // Where the window is not open, an officer records the correction.
    const isOpen = dayInPeriod(thisMonth, fromDay) <= date && date <= dayInPeriod(thisMonth, toDay);
    for (const { institution } of bodies) {
      const script = scriptOf(institution);
      const own = script?.confirm[thisMonth] ?? confirmationDay(thisMonth, confirmation);
      if (own === date || (isOpen && correctsOn(script, date))) add(thisMonth, institution);
      for (const [window, day] of Object.entries(script?.confirm ?? {}))
        if (day === date) add(toPeriod(window), institution);
    }
    return windows;
  }

  async function fileLetters(first: Period): Promise<void> {
    filed = true;
    const own = new Set(bodies.map(({ institution }) => institution));
    const letters =
      region.files.entrustments === undefined
        ? [...own].map((institution) => {
            const number = `示例委托书 ${institution}`;
            const sha256 = createHash('sha256').update(number).digest('hex');
            return { institution, number, from: firstDayOf(first), sha256 };
          })
        : (await readEntrustments(region.files.entrustments)).filter(({ institution }) => own.has(institution));
    await fileEntrustments(context, { region: code, letters });
  }

  async function dispute(window: Period, institution: string): Promise<void> {
    const named = scriptOf(institution)?.dispute[window] ?? [];
    if (named.length === 0) return;
    const lines = await openAmong(context.db, { region: code, period: window, bodies: [institution], lines: named });
    if (lines.length === 0) return;
    const reason = DISPUTE_REASON;
    await disputeLines(context, { region: code, period: window, institution, lines, reason, person: institution });
  }

  /** Pays in at the bank first, then tells the agency, as it happens outside. */
  async function topUp(window: Period, institutions: readonly string[], on: PlainDate): Promise<void> {
    const plans = await previewStatements(context, { region: code, period: window, institutions });
    const topUps = plans.flatMap((plan) => {
      const short = plan.outcome === 'refused' && plan.code === 'ConfirmationUnfunded';
      if (!short || scriptOf(plan.institution)?.topUp[window] === NEVER) return [];
      const topUpId = `${window}/${plan.institution}/${on}`;
      return [{ topUpId, institution: plan.institution, amountFen: plan.missingFen, receivedOn: on }];
    });
    if (topUps.length === 0) return;
    await bank.credit(
      topUps.map(({ topUpId, institution, amountFen }) => ({
        id: topUpKey(code, institution, topUpId),
        account: agencyAccounts.supervised(code),
        amountFen,
        bookedOn: on,
        payerName: institution,
        text: topUpId,
      })),
    );
    await recordTopUps(context, { region: code, period: window, topUps });
  }

  async function confirmFor(window: Period, institutions: readonly string[], on: PlainDate): Promise<void> {
    for (const institution of institutions) await dispute(window, institution);
    await topUp(window, institutions, on);
    await confirm(context, { region: code, period: window, institutions });
  }

  return {
    async act(date: PlainDate): Promise<boolean> {
      if (acted.has(date)) return false;
      acted.add(date);
      const policy = await findPolicyWith(context.db, code, 'window', date);
      if (!policy || periodOf(date) < policy.policy.window!.firstPeriod) return false;
      const { firstPeriod: first, confirmation } = policy.policy.window!;
      const isFirst = !filed;
      if (isFirst) await fileLetters(first);
      const windows = [...confirming(date, confirmation)].filter(([window]) => window >= first).sort();
      for (const [window, institutions] of windows) {
        try {
          await confirmFor(window, institutions, date);
        } catch (error) {
          // A day outside the window is tried in vain.
          if (!(error instanceof Refusal) || error.code !== 'OutsideWindow') throw error;
        }
      }
      return isFirst || windows.length > 0;
    },
  };
}

const NOT_RETURNED = 'prepayment-not-returned/';

function correctsOn(script: InstitutionScript | undefined, date: PlainDate): boolean {
  return Object.entries(script?.correct ?? {}).some(
    ([breach, day]) => day === date && !breach.startsWith(NOT_RETURNED),
  );
}
