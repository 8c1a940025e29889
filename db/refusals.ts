import { Refusal, isRefusalCode } from '../domain/refusal';

/** SQLSTATE of a refusal raised in SQL; the error's detail is its code, or a JSON object with `code` and further details. */
const REFUSED = 'ST001';

function readDetail(detail: string): { code: string; [key: string]: unknown } {
  if (!detail.startsWith('{')) return { code: detail };
  return JSON.parse(detail) as { code: string; [key: string]: unknown };
}

/**
 * Turns an error of the driver into the `Refusal` that the database raised; every other error, refusals included, comes back
 * as it is, so that `throw toRefusal(error)` is always right.
 */
export function toRefusal(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code: sqlState, detail } = error as { code?: unknown; detail?: unknown };
  if (sqlState !== REFUSED || typeof detail !== 'string') return error;
  const { code, ...details } = readDetail(detail);
  if (!isRefusalCode(code)) return error;
  // knex puts the statement in front of the driver's message.
  const statementEnds = error.message.lastIndexOf(' - ');
  return new Refusal(code, statementEnds < 0 ? error.message : error.message.slice(statementEnds + 3), details);
}

/** Runs a query and gives its refusals as `Refusal`s. */
export async function refusing<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw toRefusal(error);
  }
}
