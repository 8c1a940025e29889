import type { SupplyFigures } from '../domain/enterprise';
import type { Period } from '../domain/plain-date';
import type { Region } from '../domain/region';
import { createRandom } from './made-up-region';

/** What an enterprise did with a month's orders, in whole percent. */
export interface SupplyPercent {
  readonly responded: number;
  readonly delivered: number;
}

export interface MadeUpSupplyOptions {
  readonly period: Period;
  /** Enterprises that did otherwise than well; every other one answers and delivers between 92 and 100 percent. */
  readonly otherwise?: Readonly<Record<string, SupplyPercent>>;
}

export interface MadeUpSupply extends SupplyFigures {
  readonly enterprise: string;
}

const WHOLE = 100;
const FEWEST_HUNDREDS = 1;
const MORE_HUNDREDS = 3;
const LEAST_PERCENT = 92;
const WELL = WHOLE - LEAST_PERCENT + 1;
const QUANTITY_OF_ORDER = 250;
const SPREAD = 200;

/**
 * Made-up figures (示例) of the procurement system for a month (新医保发〔2025〕50号 五(二)), one for each enterprise: same options, same
 * figures. Orders and quantities are whole hundreds, so that each percent of them is exact.
 */
export function makeSupply(
  { code, enterprises }: Pick<Region, 'code' | 'enterprises'>,
  { period, otherwise = {} }: MadeUpSupplyOptions,
): MadeUpSupply[] {
  const month = Number(period.replace('-', ''));
  return enterprises.map(({ enterprise }, index) => {
    const random = createRandom(Number(code) * 31 + month * 97 + index * 1_000_003);
    const hundreds = FEWEST_HUNDREDS + random(MORE_HUNDREDS);
    const quantityHundreds = hundreds * (QUANTITY_OF_ORDER + random(SPREAD));
    const { responded, delivered } = otherwise[enterprise] ?? {
      responded: LEAST_PERCENT + random(WELL),
      delivered: LEAST_PERCENT + random(WELL),
    };
    return {
      enterprise,
      orders: hundreds * WHOLE,
      responded: hundreds * responded,
      orderedQuantity: String(quantityHundreds * WHOLE),
      deliveredQuantity: String(quantityHundreds * delivered),
    };
  });
}
