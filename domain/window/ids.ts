/** Names of what a settlement window writes; each is the business key under which it exists once. */
interface StatementKey {
  readonly region: string;
  readonly period: string;
  /** The settlement body. */
  readonly institution: string;
  readonly revision: number;
}

/** What the journals of a statement refer to, whatever its revision. */
export function statementReference({ region, period, institution }: Omit<StatementKey, 'revision'>): string {
  return `statement/${region}/${period}/${institution}`;
}

/** A statement, with its revision. */
export function statementId(key: StatementKey): string {
  return `${statementReference(key)}#${key.revision}`;
}

/** What an institution paid in for a statement, by its own number. */
export function topUpKey(region: string, institution: string, topUpId: string): string {
  return `top-up/${region}/${institution}/${topUpId}`;
}

/** The payment of one enterprise of a statement; one that was taken back and confirmed again has a payment of its own. */
export function statementPaymentId({
  region,
  period,
  institution,
  revision,
  enterprise,
}: StatementKey & { readonly enterprise: string }): string {
  return `payment/${region}/${period}/${institution}/${enterprise}${revision > 1 ? `#${revision}` : ''}`;
}

/** The revision of the statement that a payment belongs to. */
export function revisionOfPayment(paymentId: string): number {
  return Number(/#(\d+)$/.exec(paymentId)?.[1] ?? 1);
}
