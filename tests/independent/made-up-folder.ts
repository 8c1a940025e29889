import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roundedQuotient, tenThousandths, yuan } from './days';

/*
 * A made-up region (示例) in which everything goes wrong that can: every defect of a line, several of them at once, copies and
 * conflicts, lines that come back. All of it follows from the seed.
 */

export const PERIODS = ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12'].map((month) => `2026-${month}`);
const BODIES = 11;
const MEMBERS = 3;
const ENTERPRISES = 8;
/** Bought without an end, listed for part of the year only, and never listed. */
const DRUGS = ['示例药甲', '示例药乙', '示例药丙', '示例药丁', '示例药戊'] as const;
const LISTED_UNTIL_JUNE = '示例药己';
const UNLISTED = '示例药庚';

export interface MadeUpFolder {
  readonly bodies: readonly string[];
  readonly enterprises: readonly string[];
  /** Ids of good lines, by body and period. */
  readonly goodLines: ReadonlyMap<string, readonly string[]>;
}

type Row = Record<string, string>;
type Defect = (row: Row, period: string) => void;

const COLUMNS =
  'line,order,institution,enterprise,drug,category,kind,quantity,unit_price,amount,received_on,applied_on,verified_by,invoice,ordered_on';

/** Each makes a good row bad in one way; a row that gets two of them has the code that comes first. */
const DEFECTS: readonly Defect[] = [
  (row, period) => void (row.applied_on = row.received_on = monthEnd(period)),
  (row, period) => void (row.applied_on = `${period}-06`),
  (row) => void (row.ordered_on = '2026-02-28'),
  (row, period) => void ((row.received_on = `${period}-05`), (row.applied_on = `${period}-03`)),
  (row) => void (row.category = 'vbp-provincial'),
  (row) => void (row.drug = UNLISTED),
  (row) => void (row.amount = yuan(BigInt(row.amount!.replace('.', '')) + 1n)),
  (row) => void (row.quantity = `-${row.quantity!.replace('-', '')}`),
  (row) => void (row.institution = 'H65990099999'),
  (row) => void (row.enterprise = 'E9999'),
  (row) => {
    makeCredit(row);
    row.verified_by = 'institution';
  },
];

/** The last day of the month before. */
function monthEnd(period: string): string {
  return new Date(Date.parse(`${period}-01T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

function price(row: Row): void {
  row.amount = yuan(roundedQuotient(tenThousandths(row.quantity!) * tenThousandths(row.unit_price!), 1_000_000n));
}

function makeCredit(row: Row): void {
  row.kind = 'return';
  // Goods go back at a price; what is negative is how many.
  row.quantity = `-${row.quantity!.replace('-', '')}`;
  row.unit_price = row.unit_price!.replace('-', '');
  row.verified_by = 'both';
  price(row);
}

export function makeFolder(folder: string, seed: number, linesAPeriod: number): MadeUpFolder {
  let state = seed;
  const below = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
  mkdirSync(folder, { recursive: true });
  const bodies = Array.from({ length: BODIES }, (_, index) => `H659900${String(index + 1).padStart(5, '0')}`);
  const members = Array.from({ length: MEMBERS }, (_, index) => `H659900${String(index + 101).padStart(5, '0')}`);
  const enterprises = Array.from({ length: ENTERPRISES }, (_, index) => `E${String(index + 1).padStart(4, '0')}`);
  writeRegisters(folder, bodies, members, enterprises);

  const goodLines = new Map<string, string[]>();
  const bodyOf = new Map([...bodies.map((id) => [id, id]), ...members.map((id) => [id, bodies[0]!])] as [
    string,
    string,
  ][]);
  const institutions = [...bodies, ...members];
  const earlier: Row[] = [];
  let count = 0;

  function goodRow(period: string): Row {
    count += 1;
    const row: Row = {
      line: `L${String(count).padStart(6, '0')}`,
      order: `O${below(100_000)}`,
      institution: institutions[below(institutions.length)]!,
      enterprise: enterprises[below(enterprises.length)]!,
      drug: below(12) === 0 && period <= '2026-06' ? LISTED_UNTIL_JUNE : DRUGS[below(DRUGS.length)]!,
      category: 'vbp-national',
      kind: 'delivery',
      quantity: String(1 + below(90)),
      unit_price: `${below(60)}.${String(1 + below(9_998)).padStart(4, '0')}`,
      amount: '',
      received_on: `${period}-0${1 + below(2)}`,
      applied_on: `${period}-0${2 + below(4)}`,
      verified_by: '',
      invoice: `I${count}`,
      ordered_on: below(3) === 0 ? '' : '2026-03-01',
    };
    price(row);
    const kind = below(20);
    if (kind === 0) makeCredit(row);
    if (kind === 1) {
      // A price that is adjusted is one line without a quantity of goods, of either sign.
      Object.assign(row, { kind: 'price-adjustment', quantity: '1', verified_by: 'both' });
      row.unit_price = `${below(2) === 0 ? '-' : ''}${row.unit_price}`;
      price(row);
    }
    return row;
  }

  for (const period of PERIODS) {
    const rows: Row[] = [];
    for (let made = 0; made < linesAPeriod; made += 1) {
      const row = goodRow(period);
      rows.push(row);
      const chance = below(100);
      if (chance < 16) {
        DEFECTS[below(DEFECTS.length)]!(row, period);
        if (chance < 4) DEFECTS[below(DEFECTS.length)]!(row, period);
      } else if (chance < 18) rows.push({ ...row });
      else if (chance < 20) rows.push({ ...row, order: `${row.order}x` });
      else if (chance < 22 && earlier.length > 0) rows.push(again(earlier[below(earlier.length)]!, period));
      else if (chance < 24 && earlier.length > 0)
        rows.push({ ...again(earlier[below(earlier.length)]!, period), invoice: '改' });
      else {
        const key = `${bodyOf.get(row.institution!)!}/${period}`;
        goodLines.set(key, [...(goodLines.get(key) ?? []), row.line!]);
        if (below(8) === 0) earlier.push(row);
      }
    }
    writeFileSync(
      join(folder, `applications-${period}.csv`),
      `${COLUMNS}\n${rows
        .map(
          (row) =>
            `${COLUMNS.split(',')
              .map((name) => row[name])
              .join(',')}\n`,
        )
        .join('')}`,
    );
  }
  return { bodies, enterprises, goodLines };
}

/** The same line applied for once more, in a later window. */
function again(row: Row, period: string): Row {
  return { ...row, applied_on: `${period}-04` };
}

function writeRegisters(
  folder: string,
  bodies: readonly string[],
  members: readonly string[],
  enterprises: readonly string[],
): void {
  const write = (name: string, header: string, rows: readonly (readonly string[])[]): void =>
    writeFileSync(join(folder, name), `${header}\n${rows.map((row) => `${row.join(',')}\n`).join('')}`);
  const fund = (pool: string, budget: string): string =>
    `  - { pool: ${pool}, cash: "9000000.00", fiscalDeposit: "0.00", prepaymentBudget: "${budget}" }\n`;
  writeFileSync(
    join(folder, 'region.yaml'),
    `code: "659900"\nname: 示例地区\nfunds:\n${fund('employee', '150000.01')}${fund('resident', '70000.00')}${fund('employee-large', '9000000.00')}`,
  );
  write(
    'institutions.csv',
    'institution,name,level,three_flows,executes_well,settles_through,account,bank_code',
    [...bodies, ...members].map((id, index) => [
      id,
      `示例第${index + 1}医院`,
      '二级甲等',
      String(index % 4 === 1),
      String(index !== 5),
      index < bodies.length ? '' : bodies[0]!,
      index < bodies.length ? `00006599${id}` : '',
      index < bodies.length ? '000000659900' : '',
    ]),
  );
  write(
    'enterprises.csv',
    'enterprise,name,account,bank_code',
    enterprises.map((id, index) => [id, `示例第${index + 1}医药有限公司`, `0000999${id}`, '000000999000']),
  );
  write(
    'purchases-2025.csv',
    'institution,category,channel,amount',
    [...bodies.slice(0, -1), ...members].flatMap((id, index) => [
      // The later ones have so much that some of their prepayment is unused in November.
      [id, 'vbp-national', 'online', `${31_234 + index * (index < 6 ? 7_919 : 91_573)}.${String(11 + index * 6)}`],
      [id, 'vbp-provincial', 'online', `${9_871 + index * 311}.05`],
      [id, 'negotiated', 'online', '50000.00'],
      [id, 'vbp-alliance', 'offline', '7000.00'],
    ]),
  );
  write('catalogue.csv', 'drug,category,from,to', [
    ...DRUGS.map((drug) => [drug, 'vbp-national', '2025-01-01', '']),
    [LISTED_UNTIL_JUNE, 'vbp-national', '2025-01-01', '2026-06-30'],
  ]);
}
