import type { PayeeFlag } from '../../db/payees';
import type { PaymentRecord } from '../../db/payments';
import { groupBy } from '../../domain/group-by';
import { formatYuan, sum } from '../../domain/money';
import { formatAmount } from './amounts';
import type { Output } from './output';
import { formatTable } from './table';

/** An approver reads totals; single payments are listed up to this number. */
const LISTED = 100;
/** Suppliers and institutions that are listed, the largest first. */
const NAMED = 40;

type Party = 'enterprise' | 'institution';

function byParty(payments: readonly PaymentRecord[], party: Party): { name: string; payments: number; fen: bigint }[] {
  const groups = groupBy(
    payments.filter((payment) => payment[party] !== undefined),
    (payment) => payment[party]!,
  );
  return [...groups]
    .map(([name, group]) => ({ name, payments: group.length, fen: sum(group.map(({ amountFen }) => amountFen)) }))
    .sort((a, b) => (a.fen === b.fen ? (a.name < b.name ? -1 : 1) : a.fen > b.fen ? -1 : 1));
}

/** What goes to each enterprise and what each institution pays, the largest first. */
export function totalsOf(payments: readonly PaymentRecord[]) {
  const rows = (party: Party) =>
    byParty(payments, party).map(({ name, fen, ...each }) => ({ [party]: name, ...each, amount: formatYuan(fen) }));
  return { enterprises: rows('enterprise'), institutions: rows('institution') };
}

/** Totals where payments go from institutions to enterprises; nothing for others, which are few. */
export function totalLines(payments: readonly PaymentRecord[], title: (text: string) => string[]): string[] {
  if (!payments.some(({ enterprise }) => enterprise !== undefined)) return [];
  return [
    ...title('按企业 · by enterprise'),
    ...partyLines(byParty(payments, 'enterprise')),
    ...title('按医疗机构 · by institution'),
    ...partyLines(byParty(payments, 'institution')),
  ];
}

function partyLines(rows: ReturnType<typeof byParty>): string[] {
  const rest = rows.slice(NAMED);
  return [
    ...formatTable(
      [{ title: '' }, { title: '', align: 'right' }, { title: '', align: 'right' }],
      rows.slice(0, NAMED).map(({ name, payments, fen }) => [name, `${payments} payments`, formatAmount(fen)]),
    ),
    ...(rest.length === 0
      ? []
      : [`  and ${rest.length} more with ${formatAmount(sum(rest.map(({ fen }) => fen)))} (all with --json)`]),
  ];
}

export function paymentLines(caseId: string, payments: readonly PaymentRecord[]): string[] {
  const rest = payments.length - LISTED;
  return [
    ...formatTable(
      [{ title: '' }, { title: '', align: 'right' }, { title: '' }, { title: '' }, { title: '' }],
      payments
        .slice(0, LISTED)
        .map(({ paymentId, amountFen, payee, state }) => [
          paymentId,
          formatAmount(amountFen),
          payee.name,
          payee.account,
          state,
        ]),
    ),
    ...(rest <= 0 ? [] : [`  and ${rest} more: settle payments list --case ${caseId}`]),
  ];
}

export function flagLines(flags: readonly PayeeFlag[], paint: Output['paint']): string[] {
  return flags.map(({ paymentId, flag, detail }) => `  ${paint('red', flag)}  ${paymentId}  ${detail}`);
}
