/**
 * Set-off of a settlement body's lines per enterprise (冲抵; 新医保发〔2025〕50号 四(二)). Amounts are fen; credits are the
 * negative lines, goods returns and price cuts.
 */
export interface NettedLine {
  readonly enterprise: string;
  readonly amountFen: bigint;
}

export interface EnterpriseNet {
  readonly enterprise: string;
  /** Sum of the positive lines. */
  readonly grossFen: bigint;
  /** Sum of the negative lines, zero or less. */
  readonly creditsFen: bigint;
  readonly netFen: bigint;
  readonly lines: number;
}

/** Code order is that of the code units, as PostgreSQL's collation "C" has it. */
export const inCodeOrder = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** What one settlement body owes each enterprise over these lines, in code order of the enterprises. */
export function netPerEnterprise(lines: Iterable<NettedLine>): EnterpriseNet[] {
  const nets = new Map<string, { grossFen: bigint; creditsFen: bigint; lines: number }>();
  for (const { enterprise, amountFen } of lines) {
    const net = nets.get(enterprise) ?? { grossFen: 0n, creditsFen: 0n, lines: 0 };
    nets.set(enterprise, net);
    if (amountFen > 0n) net.grossFen += amountFen;
    else net.creditsFen += amountFen;
    net.lines += 1;
  }
  return [...nets.entries()]
    .sort(([left], [right]) => inCodeOrder(left, right))
    .map(([enterprise, net]) => ({ enterprise, ...net, netFen: net.grossFen + net.creditsFen }));
}

/**
 * Only positive nets are paid, with all their lines; a net of zero or less is carried to the next window, lines and all
 * (DESIGN 5.2).
 */
export function splitNets(nets: readonly EnterpriseNet[]): { payable: EnterpriseNet[]; carried: EnterpriseNet[] } {
  return {
    payable: nets.filter(({ netFen }) => netFen > 0n),
    carried: nets.filter(({ netFen }) => netFen <= 0n),
  };
}
