import type { RequestRecord } from '../../db/approvals';
import { formatYuan } from '../../domain/money';
import { capacityText } from '../../domain/staff';
import type { ApprovalOverview, AskedNext, ContentChange } from '../commands/approvals';
import { formatAmount } from './amounts';
import { flagLines, paymentLines, totalLines, totalsOf } from './approval-totals';
import type { Output } from './output';
import { formatTable, type TableColumn } from './table';

export const REQUEST_COLUMNS: readonly TableColumn[] = [
  { title: '申请 request' },
  { title: '状态 state' },
  { title: '笔数 payments', align: 'right' },
  { title: '金额 yuan', align: 'right' },
  { title: '下一步 next' },
];

/** A request for lists; hash and levels are shown with the request itself. */
export function requestRow(request: RequestRecord) {
  const { requestId, caseId, region, subject, state, payments, amountFen } = request;
  const amountDisplayed = formatAmount(amountFen);
  return { requestId, caseId, region, subject, state, payments, amount: formatYuan(amountFen), amountDisplayed };
}

export function whoIsAsked(next: AskedNext | undefined): string {
  if (!next) return '–';
  const people = next.people.map(({ name, ...capacity }) => `${capacityText(capacity)} ${name}`).join(', ');
  return `${next.step} (${next.role}): ${people || 'nobody has this role and is free to act'}`;
}

export function changeLines(changes: readonly ContentChange[]): string[] {
  return changes.map(({ paymentId, change, before, after }) => {
    if (!before || !after) return `  ${change}  ${paymentId}  ${formatAmount((after ?? before)!.amountFen)}`;
    const parts = [
      ...(before.amountFen === after.amountFen
        ? []
        : [`${formatAmount(before.amountFen)} → ${formatAmount(after.amountFen)}`]),
      ...(before.payeeName === after.payeeName ? [] : [`${before.payeeName} → ${after.payeeName}`]),
      ...(before.payeeAccount === after.payeeAccount ? [] : [`${before.payeeAccount} → ${after.payeeAccount}`]),
      ...(before.payeeBankCode === after.payeeBankCode ? [] : [`${before.payeeBankCode} → ${after.payeeBankCode}`]),
    ];
    return `  ${change}  ${paymentId}  ${parts.join('; ')}`;
  });
}

/** What an approver reads. */
export function overviewLines(overview: ApprovalOverview, { paint }: Output): string[] {
  const { request, payments, flags, next, attempts, sinceRevision, sinceLevels } = overview;
  const title = (text: string): string[] => ['', paint('bold', text)];
  const since = sinceRevision
    ? [
        ...title(`与上一版相比 · since ${sinceRevision.requestId}`),
        ...(sinceRevision.changes.length === 0 ? ['  nothing changed'] : changeLines(sinceRevision.changes)),
      ]
    : [];
  return [
    ...formatTable(
      [{ title: '' }, { title: '' }],
      [
        ['申请 request', `${request.requestId}  ${request.subject}`],
        ['状态 state', request.state],
        ['金额 yuan', `${formatAmount(request.amountFen)} in ${request.payments} payments`],
        ['制单 prepared by', request.preparedBy],
        ['哈希 sha-256', request.contentSha256],
        ['下一步 next', whoIsAsked(next)],
      ],
    ),
    ...totalLines(payments, title),
    ...title('付款 · payments'),
    ...paymentLines(request.caseId, payments),
    ...(flags.length === 0 ? [] : [...title('收款人待核对 · payees to be confirmed'), ...flagLines(flags, paint)]),
    ...title('审批 · levels'),
    ...formatTable(
      [{ title: '' }, { title: '' }, { title: '' }, { title: '' }],
      request.levels.map(({ level, role }, index) => {
        const decision = request.decisions[index];
        return [level, role, decision?.decision ?? '–', decision ? capacityText(decision) : ''];
      }),
    ),
    ...title('上一级以来 · since the levels before'),
    ...(sinceLevels.length === 0
      ? ['  nothing changed']
      : [paint('red', '  changed: decisions on it are void'), ...changeLines(sinceLevels)]),
    ...since,
    ...(attempts.length === 0 ? [] : title('全部操作 · every attempt')),
    ...formatTable(
      [{ title: '' }, { title: '' }, { title: '' }, { title: '' }, { title: '' }],
      attempts.map(({ date, time, person, action, outcome, reason, message }) => [
        `${date} ${time}`,
        person,
        action,
        outcome ?? 'no outcome',
        [reason, message].filter(Boolean).join(' · '),
      ]),
    ),
  ];
}

export function overviewJson({ request, payments, ...rest }: ApprovalOverview) {
  const change = ({ before, after, ...each }: ContentChange) => ({
    ...each,
    ...(before ? { before: { ...before, amountFen: undefined, amount: formatYuan(before.amountFen) } } : {}),
    ...(after ? { after: { ...after, amountFen: undefined, amount: formatYuan(after.amountFen) } } : {}),
  });
  return {
    ...request,
    amountFen: undefined,
    amount: formatYuan(request.amountFen),
    next: rest.next ?? null,
    totals: totalsOf(payments),
    payees: rest.flags,
    paymentsOf: payments.map(({ paymentId, amountFen, payee, state }) => ({
      paymentId,
      amount: formatYuan(amountFen),
      payee,
      state,
    })),
    attempts: rest.attempts,
    sinceRevision: rest.sinceRevision
      ? { requestId: rest.sinceRevision.requestId, changes: rest.sinceRevision.changes.map(change) }
      : null,
    sinceLevels: rest.sinceLevels.map(change),
  };
}
