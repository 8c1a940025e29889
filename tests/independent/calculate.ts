import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { advancesOf, movedOn, poolsAsYuan, type Advance, type Return } from './advances';
import { dayBefore, monthAfter, nextDay, readCsv, total, workingDays2026, yuan } from './days';
import { takeIn, type Line, type Parties, type Rejection } from './lines';

export interface Script {
  institutions: Record<
    string,
    {
      return?: Record<string, string>;
      confirm?: Record<string, string>;
      topUp?: Record<string, 'never'>;
      dispute?: Record<string, string[]>;
      correct?: Record<string, string>;
      forceMajeure?: Record<string, string>;
    }
  >;
  bank: { period: string; institution: string; enterprise: string; outcome: 'rejected'; retryOn: string }[];
  enterprises: Record<string, { finding: Record<string, 'refused'>; performsOn?: string }>;
}

interface Payment {
  enterprise: string;
  amount: bigint;
  attempts: number;
  paidOn: string | null;
  held: boolean;
}

interface Statement {
  body: string;
  period: string;
  gross: bigint;
  credits: bigint;
  fromPrepayment: bigint;
  fromOwn: bigint;
  topUp: bigint;
  confirmedOn: string;
  payments: Payment[];
}

interface Breach {
  body: string;
  kind: string;
  period: string;
  noticeOn: string;
  deadline: string;
  suspendsOn: string;
  correctedOn: string | null;
  lines: Line[];
}

interface Ledger {
  prepayment: bigint;
  own: bigint;
}

const days = workingDays2026();
const LAST_DAY = '2026-12-31';
const FIRST_WINDOW = '2026-03';

/**
 * The year 2026 of one region, day by day, from its folder and a script: what `summary.json` has to say about prepayments,
 * returns, lines, statements, payments and breaches.
 */
export function calculateYear(folder: string, script: Script) {
  const region = parse(readFileSync(join(folder, 'region.yaml'), 'utf8')) as {
    funds: { pool: string; prepaymentBudget: string }[];
  };
  const institutions = readCsv(join(folder, 'institutions.csv'));
  const parties = partiesOf(folder, institutions, script);
  const advances = advancesOf(institutions, readCsv(join(folder, 'purchases-2025.csv')), region.funds);
  const disbursedOn = days.firstFrom('2026-03-01');

  const bodies = [...new Set(parties.bodies.values())].sort();
  const ledgers = new Map<string, Ledger>(bodies.map((body) => [body, { prepayment: 0n, own: 0n }]));
  const lines = new Map<string, Line>();
  const rejected: Rejection[] = [];
  const statements: Statement[] = [];
  const breaches: Breach[] = [];
  /** Bodies that agreed in a window without the money for it. */
  const unfunded = new Set<string>();
  const payableOnThe20th = new Map<string, Line[]>();

  const scriptOf = (body: string) => script.institutions[body] ?? {};
  const openOf = (body: string, day: string): Map<string, Line[]> => {
    const groups = new Map<string, Line[]>();
    for (const line of lines.values())
      if (line.body === body && line.state === 'open' && !parties.isSuspended(line.enterprise, day))
        groups.set(line.enterprise, [...(groups.get(line.enterprise) ?? []), line]);
    return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const payableOf = (body: string, day: string): Line[] =>
    [...openOf(body, day).values()].filter((group) => total(group.map(({ amount }) => amount)) > 0n).flat();

  function receiveReturns(day: string): void {
    for (const advance of advances)
      for (const due of advance.returns)
        if (due.receivedOn === null && comesOn(due, scriptOf(due.body), day)) receive(advance, due, day);
  }

  function receive(advance: Advance, due: Return, day: string): void {
    const ledger = ledgers.get(advance.body)!;
    if (due.period === '2026-11') {
      due.fromUnused = ledger.prepayment < due.amount ? ledger.prepayment : due.amount;
      ledger.prepayment -= due.fromUnused;
    }
    due.receivedOn = day;
    due.toFundOn = movedOn(day, days, monthAfter);
    if (due.toFundOn > LAST_DAY) due.toFundOn = null;
    if (advance.returns.every(({ receivedOn }) => receivedOn !== null)) {
      ledger.own += ledger.prepayment;
      ledger.prepayment = 0n;
    }
  }

  function confirm(body: string, period: string, day: string): void {
    if (statements.some((each) => each.body === body && each.period === period)) return;
    const { dispute = {}, topUp = {} } = scriptOf(body);
    for (const id of dispute[period] ?? []) if (lines.get(id)?.state === 'open') lines.get(id)!.state = 'disputed';
    const agreed = [...openOf(body, day)].filter(([, group]) => total(group.map(({ amount }) => amount)) > 0n);
    if (agreed.length === 0) return;
    const amounts = agreed.flatMap(([, group]) => group.map(({ amount }) => amount));
    const net = total(amounts);
    const ledger = ledgers.get(body)!;
    const missing = net - ledger.prepayment - ledger.own;
    if (missing > 0n && topUp[period] === 'never') {
      unfunded.add(`${body}/${period}`);
      return;
    }
    if (missing > 0n) ledger.own += missing;
    const fromPrepayment = net < ledger.prepayment ? net : ledger.prepayment;
    ledger.prepayment -= fromPrepayment;
    ledger.own -= net - fromPrepayment;
    for (const line of agreed.flatMap(([, group]) => group)) line.state = 'settled';
    statements.push({
      body,
      period,
      gross: total(amounts.filter((amount) => amount > 0n)),
      credits: total(amounts.filter((amount) => amount < 0n)),
      fromPrepayment,
      fromOwn: net - fromPrepayment,
      topUp: missing > 0n ? missing : 0n,
      confirmedOn: day,
      payments: agreed.map(([enterprise, group]) => ({
        enterprise,
        amount: total(group.map(({ amount }) => amount)),
        attempts: 0,
        paidOn: null,
        held: false,
      })),
    });
  }

  function runBatch(day: string): void {
    for (const { body, period, payments } of statements)
      for (const payment of payments) {
        if (payment.attempts > 0) continue;
        payment.held = parties.isSuspended(payment.enterprise, day);
        if (payment.held) continue;
        const fault = script.bank.find(
          (each) => each.period === period && each.institution === body && each.enterprise === payment.enterprise,
        );
        payment.attempts = fault ? 2 : 1;
        payment.paidOn = fault ? fault.retryOn : day;
      }
  }

  function monitor(day: string): void {
    const period = dayBefore(`${day.slice(0, 7)}-01`).slice(0, 7);
    if (period < FIRST_WINDOW) return;
    for (const body of bodies) {
      const payable = payableOnThe20th.get(`${body}/${period}`) ?? [];
      if (payable.length > 0)
        notice(body, unfunded.has(`${body}/${period}`) ? 'not-settled' : 'late-reconciliation', period, day, payable);
    }
    for (const due of advances.flatMap(({ returns }) => returns))
      if (due.period === period && (due.receivedOn === null || due.receivedOn >= `${monthAfter(period)}-01`))
        notice(due.body, 'prepayment-not-returned', period, day, []);
  }

  function notice(body: string, kind: string, period: string, day: string, payable: Line[]): void {
    if (scriptOf(body).forceMajeure?.[`${kind}/${period}`] !== undefined) return;
    const deadline = days.after(day, 10);
    const suspendsOn = `${monthAfter(deadline.slice(0, 7))}-01`;
    breaches.push({ body, kind, period, noticeOn: day, deadline, suspendsOn, correctedOn: null, lines: payable });
  }

  function correct(day: string): void {
    for (const breach of breaches) {
      if (breach.correctedOn !== null) continue;
      const recorded = scriptOf(breach.body).correct?.[`${breach.kind}/${breach.period}`] === day;
      if (breach.kind === 'prepayment-not-returned') {
        const due = advances
          .flatMap(({ returns }) => returns)
          .find((each) => each.body === breach.body && each.period === breach.period)!;
        if (due.receivedOn !== null) breach.correctedOn = due.receivedOn;
      } else {
        const payable = new Set(payableOf(breach.body, day));
        if (recorded || breach.lines.every((line) => !payable.has(line))) breach.correctedOn = day;
      }
    }
  }

  for (let day = '2026-01-01'; day <= LAST_DAY; day = nextDay(day)) {
    const period = day.slice(0, 7);
    if (day === days.firstFrom(`${period}-01`)) monitor(day);
    if (day === `${period}-05` && period >= FIRST_WINDOW)
      rejected.push(...takeIn(readCsv(join(folder, `applications-${period}.csv`)), period, parties, lines));
    receiveReturns(day);
    if (period >= FIRST_WINDOW && day >= `${period}-06` && day <= `${period}-20`)
      for (const body of bodies) if (confirmsOn(scriptOf(body), period, day)) confirm(body, period, day);
    if (day === disbursedOn) for (const { body, amount } of advances) ledgers.get(body)!.prepayment += amount;
    if (day === days.firstFrom(`${period}-21`)) runBatch(day);
    if (day === `${period}-20`)
      for (const body of bodies) payableOnThe20th.set(`${body}/${period}`, payableOf(body, day));
    correct(day);
  }

  return {
    prepayments: advances.map(({ body, base, ratio, amount, pools }) => ({
      institution: body,
      base: yuan(base),
      ratio,
      amount: yuan(amount),
      pools: poolsAsYuan(pools),
      disbursedOn,
    })),
    returns: advances.flatMap(({ returns }) => returns.map(returnRow)),
    rejectedLines: rejected.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    lines: lineSums([...lines.values()]),
    statements: statements.map(statementRow).sort(byBodyAndPeriod),
    payments: statements.flatMap(paymentRows).sort(byBodyAndPeriod),
    breaches: breaches.map(breachRow).sort(byBodyAndPeriod),
    ledgers: Object.fromEntries([...ledgers].map(([body, { prepayment, own }]) => [body, { prepayment, own }])),
  };
}

function partiesOf(folder: string, institutions: readonly Record<string, string>[], script: Script): Parties {
  const suspensions = Object.entries(script.enterprises).flatMap(([enterprise, { finding, performsOn = '9999' }]) =>
    Object.keys(finding).map((period) => {
      const interview = days.firstFrom(`${monthAfter(period)}-01`);
      return { enterprise, from: nextDay(days.after(interview, 10)), until: performsOn };
    }),
  );
  return {
    bodies: new Map(institutions.map((each) => [each.institution!, each.settles_through || each.institution!])),
    enterprises: new Set(readCsv(join(folder, 'enterprises.csv')).map(({ enterprise }) => enterprise!)),
    catalogue: readCsv(join(folder, 'catalogue.csv')),
    isSuspended: (enterprise, day) =>
      suspensions.some((each) => each.enterprise === enterprise && each.from <= day && day < each.until),
  };
}

type InstitutionScript = Script['institutions'][string];

function comesOn(due: Return, script: InstitutionScript, day: string): boolean {
  const scripted = script.return?.[due.period];
  const corrected = script.correct?.[`prepayment-not-returned/${due.period}`];
  if (scripted === undefined && corrected === undefined) return day === `${due.period}-15`;
  return day === scripted || day === corrected;
}

function confirmsOn(script: InstitutionScript, period: string, day: string): boolean {
  const correcting = Object.entries(script.correct ?? {}).some(
    ([breach, on]) => on === day && !breach.startsWith('prepayment-not-returned/'),
  );
  return correcting || day === (script.confirm?.[period] ?? `${period}-10`);
}

function returnRow(due: Return) {
  const { body, period, amount, pools, fromUnused, receivedOn, toFundOn } = due;
  const dueOn = `${period}-20`;
  const missing = receivedOn === null || receivedOn.slice(0, 7) > period;
  return {
    institution: body,
    period,
    dueOn,
    amount: yuan(amount),
    pools: poolsAsYuan(pools),
    fromUnused: yuan(fromUnused),
    receivedOn,
    state: missing ? 'missing' : receivedOn > dueOn ? 'late' : 'on-time',
    toFundOn,
  };
}

function lineSums(lines: readonly Line[]) {
  const sumOf = (...states: Line['state'][]): string =>
    yuan(total(lines.filter(({ state }) => states.includes(state)).map(({ amount }) => amount)));
  return {
    accepted: sumOf('open', 'settled', 'disputed'),
    settled: sumOf('settled'),
    open: sumOf('open'),
    disputed: sumOf('disputed'),
  };
}

function statementRow({ body, period, gross, credits, fromPrepayment, fromOwn, topUp, ...rest }: Statement) {
  const paid = rest.payments.map(({ paidOn }) => paidOn);
  return {
    institution: body,
    period,
    gross: yuan(gross),
    credits: yuan(credits),
    net: yuan(gross + credits),
    fromPrepayment: yuan(fromPrepayment),
    fromOwn: yuan(fromOwn),
    topUp: yuan(topUp),
    confirmedOn: rest.confirmedOn,
    paidOn: paid.includes(null) ? null : (paid.sort().at(-1) ?? null),
  };
}

function paymentRows({ body, period, payments }: Statement) {
  return payments.map(({ enterprise, amount, attempts, paidOn, held }) => ({
    institution: body,
    enterprise,
    period,
    amount: yuan(amount),
    state: paidOn ? 'succeeded' : held ? 'held' : 'prepared',
    attempts: Math.max(attempts, 1),
    paidOn,
  }));
}

function breachRow({ body, kind, period, noticeOn, deadline, suspendsOn, correctedOn }: Breach) {
  const suspended = suspendsOn <= LAST_DAY && (correctedOn === null || correctedOn >= suspendsOn);
  return {
    institution: body,
    kind,
    period,
    noticeOn,
    deadline,
    correctedOn,
    suspendedFrom: suspended ? suspendsOn : null,
    resumedOn: suspended ? correctedOn : null,
    state: suspended ? (correctedOn ? 'resumed' : 'suspended') : correctedOn ? 'closed' : 'noticed',
  };
}

function keyOf({ period, line, code }: Rejection): string {
  return `${period}\n${line}\n${code}`;
}

function byBodyAndPeriod(
  a: { institution: string; period: string; enterprise?: string; kind?: string },
  b: typeof a,
): number {
  const key = (row: typeof a): string => [row.institution, row.enterprise ?? row.kind ?? '', row.period].join('\n');
  return key(a) < key(b) ? -1 : 1;
}
