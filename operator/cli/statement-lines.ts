import type { StatementLine } from '../../db/statement-read';
import { formatYuan, sum } from '../../domain/money';
import type { EnterpriseNet } from '../../domain/window/netting';
import type { NamedPlan, StatementView } from '../commands/statement-overview';
import { formatAmount } from './amounts';
import type { CliContext } from './context';
import { formatTable } from './table';

/** What a body's plan is called, for people and for machines. */
const STATES = {
  confirmed: '已确认 confirmed',
  funded: '可确认 ready',
  ConfirmationUnfunded: '资金不足 unfunded',
  EntrustmentMissing: '缺委托书 no letter',
  nothing: '结转 carried',
} as const;

function stateOf(plan: NamedPlan): keyof typeof STATES {
  return plan.outcome === 'refused' ? plan.code : plan.outcome;
}

const netOf = (nets: readonly EnterpriseNet[]): bigint => sum(nets.map(({ netFen }) => netFen));
const linesOf = (nets: readonly EnterpriseNet[]): number => nets.reduce((count, { lines }) => count + lines, 0);
const missingOf = (plan: NamedPlan): bigint => (plan.outcome === 'refused' ? plan.missingFen : 0n);

/** One body of `statements list` for machines. */
export function planJson(plan: NamedPlan) {
  const { institution, name, payable, carried } = plan;
  const hasSums = plan.outcome === 'confirmed' || plan.outcome === 'funded';
  return {
    institution,
    name,
    state: stateOf(plan),
    openLines: linesOf(payable) + linesOf(carried),
    payable: formatYuan(netOf(payable)),
    carried: formatYuan(netOf(carried)),
    missing: formatYuan(missingOf(plan)),
    ...(hasSums
      ? {
          gross: formatYuan(plan.grossFen),
          credits: formatYuan(plan.creditsFen),
          net: formatYuan(plan.netFen),
          fromPrepayment: formatYuan(plan.fromPrepaymentFen),
          fromOwn: formatYuan(plan.fromOwnFen),
          topUp: formatYuan(plan.topUpFen),
        }
      : {}),
    ...(plan.outcome === 'confirmed' ? { revision: plan.revision, confirmedOn: plan.confirmedOn } : {}),
  };
}

/** The table of `statements list`. */
export function planTable(plans: readonly NamedPlan[]): string[] {
  return formatTable(
    [
      { title: '机构 institution' },
      { title: '名称 name' },
      { title: '状态 state' },
      { title: '未结明细 open', align: 'right' },
      { title: '应付 payable', align: 'right' },
      { title: '结转 carried', align: 'right' },
      { title: '缺口 missing', align: 'right' },
      { title: '结算单 statement', align: 'right' },
      { title: '预付金 prepayment', align: 'right' },
      { title: '自有 own', align: 'right' },
    ],
    plans.map((plan) => {
      const { institution, name, payable, carried } = plan;
      const sums = plan.outcome === 'confirmed' || plan.outcome === 'funded' ? plan : undefined;
      return [
        institution,
        name,
        STATES[stateOf(plan)],
        String(linesOf(payable) + linesOf(carried)),
        formatAmount(netOf(payable)),
        formatAmount(netOf(carried)),
        formatAmount(missingOf(plan)),
        ...(sums ? [sums.netFen, sums.fromPrepaymentFen, sums.fromOwnFen].map(formatAmount) : ['', '', '']),
      ];
    }),
  );
}

/** `statements show` for machines. */
export function viewJson({ plan, statement, lines }: StatementView) {
  return {
    ...planJson(plan),
    statement:
      statement === undefined
        ? null
        : {
            revision: statement.revision,
            entrustment: statement.entrustment,
            confirmedOn: statement.confirmedOn,
            confirmedBy: statement.confirmedBy,
            withdrawnOn: statement.reversedOn,
            enterprises: statement.enterprises.map((part) => ({
              enterprise: part.enterprise,
              name: part.name,
              gross: formatYuan(part.grossFen),
              credits: formatYuan(part.creditsFen),
              net: formatYuan(part.netFen),
              fromPrepayment: formatYuan(part.fromPrepaymentFen),
              fromOwn: formatYuan(part.fromOwnFen),
              payment: part.payment,
              paidOn: part.paidOn,
              cancelledOn: part.cancelledOn,
            })),
          },
    wouldBe: plan.outcome === 'funded' ? plan.enterprises.map(netJson) : null,
    carriedEnterprises: plan.carried.map(netJson),
    lines: lines.map(({ amountFen, ...line }) => ({ ...line, amount: formatYuan(amountFen) })),
  };
}

function netJson({ enterprise, grossFen, creditsFen, netFen, lines }: EnterpriseNet) {
  return {
    enterprise,
    gross: formatYuan(grossFen),
    credits: formatYuan(creditsFen),
    net: formatYuan(netFen),
    lines,
  };
}

/** 货款预结算明细单 in a terminal. */
export function viewLines({ output }: CliContext, period: string, view: StatementView, withLines: boolean): string[] {
  const { plan, statement, lines } = view;
  const { institution, name } = plan;
  return [
    output.paint('bold', `货款预结算明细单 ${period} ${institution} ${name}`.trimEnd()),
    ...(statement ? confirmedLines(view) : []),
    ...(plan.outcome === 'confirmed' ? [] : wouldBeLines(plan)),
    ...plan.carried.map(
      ({ enterprise, netFen, lines: count }) =>
        `  carried · 结转  ${enterprise}: ${formatAmount(netFen)} over ${count} lines`,
    ),
    ...(withLines ? ['', ...lineTable(lines)] : []),
  ];
}

function confirmedLines({ statement }: StatementView): string[] {
  const { revision, entrustment, confirmedOn, confirmedBy, reversedOn, enterprises } = statement!;
  return [
    `  revision ${revision}, confirmed on ${confirmedOn} by ${confirmedBy} under letter ${entrustment}` +
      (reversedOn === null ? '' : `; taken back on ${reversedOn}`),
    ...formatTable(
      [
        { title: '  企业 enterprise' },
        { title: '名称 name' },
        { title: '合计 gross', align: 'right' },
        { title: '冲抵 credits', align: 'right' },
        { title: '应付 net', align: 'right' },
        { title: '预付金 prepayment', align: 'right' },
        { title: '自有 own', align: 'right' },
        { title: '支付 payment' },
      ],
      enterprises.map((part) => [
        `  ${part.enterprise}`,
        part.name,
        ...[part.grossFen, part.creditsFen, part.netFen, part.fromPrepaymentFen, part.fromOwnFen].map(formatAmount),
        part.cancelledOn === null
          ? [part.payment ?? '', part.paidOn ?? ''].join(' ').trim()
          : `cancelled ${part.cancelledOn}`,
      ]),
    ),
    `  ${sumLine(statement!)}`,
  ];
}

function sumLine(sums: {
  grossFen: bigint;
  creditsFen: bigint;
  netFen: bigint;
  fromPrepaymentFen: bigint;
  fromOwnFen: bigint;
  topUpFen: bigint;
}): string {
  const [gross, credits, net] = [sums.grossFen, sums.creditsFen, sums.netFen].map(formatAmount);
  const [prepayment, own, topUp] = [sums.fromPrepaymentFen, sums.fromOwnFen, sums.topUpFen].map(formatAmount);
  return `gross ${gross}, credits ${credits}, net ${net}: ${prepayment} from prepayment, ${own} own money (topped up ${topUp})`;
}

/** What a confirmation of today would come to; nothing of it is written. */
export function wouldBeLines(plan: NamedPlan): string[] {
  if (plan.outcome === 'confirmed') return [];
  if (plan.outcome === 'nothing') return ['  nothing is payable: every net is zero or less, and is carried · 无应付款'];
  const table = formatTable(
    [
      { title: '  企业 enterprise' },
      { title: '明细 lines', align: 'right' },
      { title: '合计 gross', align: 'right' },
      { title: '冲抵 credits', align: 'right' },
      { title: '应付 net', align: 'right' },
    ],
    plan.payable.map(({ enterprise, lines, grossFen, creditsFen, netFen }) => [
      `  ${enterprise}`,
      String(lines),
      ...[grossFen, creditsFen, netFen].map(formatAmount),
    ]),
  );
  if (plan.outcome === 'funded') return ['  would be confirmed so · 预览', ...table, `  ${sumLine(plan)}`];
  const why =
    plan.code === 'EntrustmentMissing'
      ? 'no entrustment letter is current · 缺委托书'
      : `${formatAmount(plan.missingFen)} is missing: ${formatAmount(plan.neededFen)} is needed and ${formatAmount(plan.availableFen)} is there · 资金不足`;
  return [`  would be refused: ${why}`, ...table];
}

function lineTable(lines: readonly StatementLine[]): string[] {
  return formatTable(
    [
      { title: '  明细 line' },
      { title: '月 month' },
      { title: '企业 enterprise' },
      { title: '类型 kind' },
      { title: '药品 drug' },
      { title: '金额 yuan', align: 'right' },
      { title: '发票 invoice' },
      { title: '状态 state' },
    ],
    lines.map((each) => [
      `  ${each.line}`,
      each.period,
      each.enterprise,
      each.kind,
      each.drug,
      formatAmount(each.amountFen),
      each.invoice,
      each.state,
    ]),
  );
}
