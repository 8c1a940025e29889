import { Refusal, isRefusalCode } from '../domain/refusal';

/** SQLSTATE of a refusal raised in SQL; the error's detail is its code, or a JSON object with code, message and further details. */
const REFUSED = 'ST001';

interface Detail {
  code: string;
  message?: string;
  [key: string]: unknown;
}

const readDetail = (detail: string): Detail =>
  detail.startsWith('{') ? (JSON.parse(detail) as Detail) : { code: detail };

/** knex puts the statement and a dash in front of the driver's message. */
function withoutStatement(message: string): string {
  const statementEnds = message.lastIndexOf(' - ');
  return statementEnds < 0 ? message : message.slice(statementEnds + 3);
}

/**
 * Turns an error of the driver into the `Refusal` that the database raised; every other error, refusals included, comes back
 * as it is, so that `throw toRefusal(error)` is always right.
 */
export function toRefusal(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code: sqlState, detail } = error as { code?: unknown; detail?: unknown };
  if (sqlState !== REFUSED || typeof detail !== 'string') return error;
  const { code, message, ...details } = readDetail(detail);
  if (!isRefusalCode(code)) return error;
  return new Refusal(code, message ?? withoutStatement(error.message), details);
}

/** Runs a query and gives its refusals as `Refusal`s. */
export async function refusing<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw toRefusal(error);
  }
}
