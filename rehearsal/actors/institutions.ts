import type { Knex } from 'knex';
import { agencyAccounts } from '../../db/register';
import { loadReturns, type ReturnRecord } from '../../db/prepayments';
import { Phase } from '../../domain/business-time';
import { addDays, dayInPeriod, firstDayOf, addMonths, period, periodOf, type PlainDate } from '../../domain/plain-date';
import type { Scenario } from '../../domain/scenario';
import type { CommandContext } from '../../operator/commands/context';
import { amountToPayIn, recordReturn } from '../../operator/commands/record-return';
import type { BankScriptClient } from '../../workers/bank-simulator/script-client';
import type { SeededOrder } from '../seeded-order';
import type { Actors } from './actors';

export interface InstitutionActorOptions {
  context: CommandContext;
  bank: BankScriptClient;
  scenario: Scenario;
  regions: readonly string[];
  order: SeededOrder;
}

/** The day on which institutions return by default. */
const RETURN_DAY = 15;
/** Institutions served at the same time; the ledger posts one after the other all the same. */
const AT_THE_COUNTER = 4;
const NOT_RETURNED = 'prepayment-not-returned';

/** Institutions: by default each returns on the 15th exactly what is due (DESIGN 8). */
export function createInstitutionActors(options: InstitutionActorOptions): Actors {
  const { context, bank, regions, order } = options;
  const { db } = context;
  const scripted = scriptedReturnDays(options.scenario);

  /** Pays in at the bank first, then tells the agency, as it happens outside. */
  async function payBack(region: string, returns: readonly ReturnRecord[], on: PlainDate): Promise<void> {
    const paid = await Promise.all(
      returns.map(async (due) => ({
        ...due,
        paidInFen: await amountToPayIn(db, region, due),
        receiptId: `receipt/${region}/${due.period}/${due.institution}/${on}`,
      })),
    );
    const incoming = paid.filter(({ paidInFen }) => paidInFen > 0n);
    if (incoming.length > 0)
      await bank.credit(
        incoming.map(({ institution, receiptId, paidInFen }) => ({
          id: receiptId,
          account: agencyAccounts.supervised(region),
          amountFen: paidInFen,
          bookedOn: on,
          payerName: institution,
          text: receiptId,
        })),
      );
    await Promise.all(
      paid.map(({ institution, period: month, receiptId, paidInFen }) =>
        recordReturn(context, {
          receiptId,
          region,
          institution,
          period: month,
          paidInFen,
          receivedOn: on,
          person: institution,
        }),
      ),
    );
  }

  return {
    async act({ date, phase }) {
      if (phase !== Phase.PeopleAct) return false;
      const acted = await Promise.all(
        regions.map(async (region) => {
          const due = (await openReturns(db, region, date)).filter((each) => returnsOn(scripted, each, date));
          const inOrder = order.shuffle(`returns/${region}/${date}`, due);
          for (let from = 0; from < inOrder.length; from += AT_THE_COUNTER)
            await payBack(region, inOrder.slice(from, from + AT_THE_COUNTER), date);
          return due.length > 0;
        }),
      );
      return acted.includes(true);
    },

    async nextPoints({ date }) {
      const month = periodOf(date);
      const days = [dayInPeriod(month, RETURN_DAY), dayInPeriod(addMonths(month, 1), RETURN_DAY), ...scripted.days];
      // Who was disbursed after the 15th has its first return before it: it pays the day after.
      if (date >= dayInPeriod(month, RETURN_DAY)) {
        const waiting = await Promise.all(regions.map((region) => openReturns(db, region, date)));
        if (waiting.flat().some((each) => each.period === month && !scripted.of(each))) days.push(addDays(date, 1));
      }
      return days.map((day) => ({ date: day, phase: Phase.PeopleAct }));
    },
  };
}

async function openReturns(db: Knex, region: string, date: PlainDate): Promise<ReturnRecord[]> {
  const returns = await loadReturns(db, { region });
  return returns.filter(({ completeOn, period: month }) => completeOn === null && firstDayOf(period(month)) <= date);
}

interface ScriptedDays {
  /** Every day on which somebody pays because the scenario says so. */
  days: PlainDate[];
  /** When a return comes by the scenario: its days, none for never; undefined where it says nothing. */
  of(due: Pick<ReturnRecord, 'institution' | 'period'>): PlainDate[] | undefined;
}

function scriptedReturnDays(scenario: Scenario): ScriptedDays {
  const days = new Map<string, PlainDate[]>();
  const keyOf = (institution: string, month: string): string => `${institution}/${month}`;
  const add = (institution: string, month: string, day: PlainDate | 'never'): void => {
    const known = days.get(keyOf(institution, month)) ?? [];
    days.set(keyOf(institution, month), day === 'never' ? known : [...known, day]);
  };
  for (const [institution, script] of Object.entries(scenario.institutions)) {
    for (const [month, day] of Object.entries(script.return)) add(institution, month, day);
    for (const [breach, day] of Object.entries(script.correct))
      if (breach.startsWith(`${NOT_RETURNED}/`)) add(institution, breach.slice(NOT_RETURNED.length + 1), day);
  }
  return {
    days: [...days.values()].flat(),
    of: ({ institution, period: month }) => days.get(keyOf(institution, month)),
  };
}

function returnsOn(scripted: ScriptedDays, due: ReturnRecord, date: PlainDate): boolean {
  const days = scripted.of(due);
  if (days) return days.includes(date);
  return due.period === periodOf(date) && date >= dayInPeriod(periodOf(date), RETURN_DAY);
}
