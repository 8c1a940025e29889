import type { Knex } from 'knex';
import type { Period, PlainDate } from '../domain/plain-date';
import { groupBy } from '../domain/group-by';
import { sum } from '../domain/money';
import type { RefusalCode } from '../domain/refusal';
import {
  fundStatement,
  type FundedEnterprise,
  type FundingAvailable,
  type FundingSource,
} from '../domain/window/funding';
import { inCodeOrder, splitNets, type EnterpriseNet } from '../domain/window/netting';

/** Which bodies agree to which lines, in which window and on which day. */
export interface StatementsWanted {
  region: string;
  period: Period;
  /** Settlement bodies; all that have open lines or a statement where left out. */
  institutions?: readonly string[];
  /** The lines agreed to, by their ids; all open ones where left out. */
  lines?: readonly string[];
  on: PlainDate;
  /** Which ledger pays first. */
  fundingOrder: readonly FundingSource[];
}

export interface StatementSums {
  grossFen: bigint;
  creditsFen: bigint;
  netFen: bigint;
  fromPrepaymentFen: bigint;
  fromOwnFen: bigint;
  /** What was paid in for this window up to now. */
  topUpFen: bigint;
}

/** One enterprise of a statement, and where its money is reserved. */
export type StatementEnterprise = EnterpriseNet & FundedEnterprise;

/** What would become of one body's confirmation, with the nets of what is open now. */
export type StatementPlan = { institution: string; payable: EnterpriseNet[]; carried: EnterpriseNet[] } & (
  | ({ outcome: 'funded'; entrustment: string; enterprises: StatementEnterprise[] } & StatementSums)
  /** A live statement of this window is there already. */
  | ({ outcome: 'confirmed'; revision: number; confirmedOn: PlainDate } & StatementSums)
  | {
      outcome: 'refused';
      code: Extract<RefusalCode, 'ConfirmationUnfunded' | 'EntrustmentMissing'>;
      neededFen: bigint;
      availableFen: bigint;
      missingFen: bigint;
    }
  /** No enterprise has a positive net: everything is carried. */
  | { outcome: 'nothing' }
);

/**
 * Works out the statements of many bodies: one read over the lines, grouped by body and enterprise, and then the pure rules
 * of domain/window over the groups. Nothing is written, and no line is loaded.
 *
 * @returns one plan a body, in code order
 */
export async function planStatements(db: Knex, wanted: StatementsWanted): Promise<StatementPlan[]> {
  const nets = groupBy(await loadNets(db, wanted), ({ institution }) => institution);
  // One after the other: in a transaction they share a connection.
  const live = await loadLive(db, wanted);
  const institutions = [...new Set(wanted.institutions ?? [...nets.keys(), ...live.keys()])].sort(inCodeOrder);
  const entrustments = await loadCurrentEntrustments(db, wanted, institutions);
  const available = await loadAvailable(db, wanted.region, institutions);
  const topUps = await loadTopUps(db, wanted, institutions);
  return institutions.map((institution): StatementPlan => {
    const { payable, carried } = splitNets((nets.get(institution) ?? []).map(({ institution: _, ...net }) => net));
    const there = live.get(institution);
    if (there) return { institution, payable, carried, outcome: 'confirmed', ...there };
    if (payable.length === 0) return { institution, payable, carried, outcome: 'nothing' };
    const funding = fundStatement(payable, available.get(institution) ?? NO_MONEY, wanted.fundingOrder);
    const { neededFen, availableFen, missingFen } = funding;
    const refused = { institution, payable, carried, outcome: 'refused', neededFen, availableFen, missingFen } as const;
    const entrustment = entrustments.get(institution);
    if (entrustment === undefined) return { ...refused, code: 'EntrustmentMissing' };
    if (!funding.enough) return { ...refused, code: 'ConfirmationUnfunded' };
    const enterprises = payable.map((net, index) => ({ ...net, ...funding.enterprises[index]! }));
    const topUpFen = topUps.get(institution) ?? 0n;
    return {
      institution,
      payable,
      carried,
      outcome: 'funded',
      entrustment,
      enterprises,
      ...sumsOf(enterprises),
      topUpFen,
    };
  });
}

const NO_MONEY: FundingAvailable = { prepayment: 0n, own: 0n };

function sumsOf(enterprises: readonly StatementEnterprise[]): Omit<StatementSums, 'topUpFen'> {
  return {
    grossFen: sum(enterprises.map(({ grossFen }) => grossFen)),
    creditsFen: sum(enterprises.map(({ creditsFen }) => creditsFen)),
    netFen: sum(enterprises.map(({ netFen }) => netFen)),
    fromPrepaymentFen: sum(enterprises.map(({ fromPrepaymentFen }) => fromPrepaymentFen)),
    fromOwnFen: sum(enterprises.map(({ fromOwnFen }) => fromOwnFen)),
  };
}

/** The nets of each body and enterprise, in code order of both. */
export async function loadNets(
  db: Knex,
  { region, period, on, institutions, lines }: Omit<StatementsWanted, 'fundingOrder'>,
): Promise<({ institution: string } & EnterpriseNet)[]> {
  const { rows } = await db.raw<{ rows: NetRow[] }>(
    `select l.body as institution, l.enterprise, count(*)::int as lines,
            coalesce(sum(l.amount_fen) filter (where l.amount_fen > 0), 0)::bigint as gross_fen,
            coalesce(sum(l.amount_fen) filter (where l.amount_fen <= 0), 0)::bigint as credits_fen
       from settle.confirmable_lines(?, ?, ?, ?::text[], ?::text[]) l
      group by l.body, l.enterprise order by l.body, l.enterprise`,
    [region, period, on, institutions ? [...institutions] : null, lines ? [...lines] : null] as never,
  );
  return rows.map(({ institution, enterprise, lines, gross_fen, credits_fen }) => ({
    institution,
    enterprise,
    lines,
    grossFen: gross_fen,
    creditsFen: credits_fen,
    netFen: gross_fen + credits_fen,
  }));
}

/** Institutions that have lines of their own as a body, open or not, and settle through another one by what the register says now. */
export async function membersWithLines(db: Knex, region: string): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { institution: string }[] }>(
    `select i.institution from settle.institutions i
      where i.region = ? and i.settles_through is not null
        and exists (select from settle.application_lines l where l.region = i.region and l.body = i.institution)`,
    [region],
  );
  return rows.map(({ institution }) => institution);
}

interface NetRow {
  institution: string;
  enterprise: string;
  lines: number;
  gross_fen: bigint;
  credits_fen: bigint;
}

type InWindow = Pick<StatementsWanted, 'region' | 'period' | 'on'>;

async function loadLive(
  db: Knex,
  { region, period, institutions }: InWindow & Pick<StatementsWanted, 'institutions'>,
): Promise<Map<string, StatementSums & { revision: number; confirmedOn: PlainDate }>> {
  const query = db('settle.statements').where({ region, period }).whereNull('reversed_on');
  if (institutions) void query.whereRaw('institution = any(?::text[])', [[...institutions]]);
  const rows = await query.select('*');
  return new Map(
    rows.map((row) => [
      row.institution,
      {
        revision: row.revision,
        confirmedOn: row.confirmed_on,
        grossFen: row.gross_fen,
        creditsFen: row.credits_fen,
        netFen: row.net_fen,
        fromPrepaymentFen: row.from_prepayment_fen,
        fromOwnFen: row.from_own_fen,
        topUpFen: row.top_up_fen,
      },
    ]),
  );
}

/** The newest letter of each body that is current on the day. */
async function loadCurrentEntrustments(
  db: Knex,
  { region, on }: InWindow,
  institutions: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.raw<{ rows: { institution: string; number: string }[] }>(
    `select distinct on (institution) institution, number from settle.entrustments
      where region = ? and valid_from <= ? and (valid_to is null or valid_to >= ?) and institution = any(?::text[])
      order by institution, valid_from desc, number collate "C" desc`,
    [region, on, on, [...institutions]],
  );
  return new Map(rows.map(({ institution, number }) => [institution, number]));
}

/** What lies in the ledgers of each body. */
async function loadAvailable(
  db: Knex,
  region: string,
  institutions: readonly string[],
): Promise<Map<string, FundingAvailable>> {
  const { rows } = await db.raw<{ rows: { institution: string; prepayment: bigint; own: bigint }[] }>(
    `select i.institution, coalesce(-p.balance_fen, 0)::bigint as prepayment, coalesce(-o.balance_fen, 0)::bigint as own
       from unnest(?::text[]) i (institution)
       left join (ledger.account pa join ledger.balance p using (region, account_id))
         on pa.region = ? and pa.path = 'supervised/ledger/' || i.institution || '/prepayment'
       left join (ledger.account oa join ledger.balance o using (region, account_id))
         on oa.region = ? and oa.path = 'supervised/ledger/' || i.institution || '/own'`,
    [[...institutions], region, region],
  );
  return new Map(rows.map(({ institution, prepayment, own }) => [institution, { prepayment, own }]));
}

async function loadTopUps(
  db: Knex,
  { region, period }: InWindow,
  institutions: readonly string[],
): Promise<Map<string, bigint>> {
  const { rows } = await db.raw<{ rows: { institution: string; amount_fen: bigint }[] }>(
    `select institution, sum(amount_fen)::bigint as amount_fen from settle.top_ups
      where region = ? and period = ? and institution = any(?::text[]) group by institution`,
    [region, period, [...institutions]],
  );
  return new Map(rows.map(({ institution, amount_fen }) => [institution, amount_fen]));
}
