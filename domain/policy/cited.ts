import { z } from 'zod';

/** Where a policy value comes from: the document's clause, our reading where the text leaves it open, or both. */
export interface Citation {
  /** Clause of the policy's own document, such as `四(一)`. */
  clause?: string;
  /** Why this value was chosen where the text does not say it. */
  interpretation?: string;
}

const HOW_TO_CITE = 'a value is written as { value: …, clause: … } or { value: …, interpretation: … }';

/**
 * One value of a policy file: `{ value, clause }` or `{ value, interpretation }`. The parsed policy holds the plain
 * value; {@link collectCitations} keeps where it comes from.
 */
export function cited<Value extends z.ZodType>(value: Value) {
  return z
    .strictObject(
      { value, clause: z.string().min(1).optional(), interpretation: z.string().min(1).optional() },
      { error: (issue) => (issue.code === 'invalid_type' ? HOW_TO_CITE : undefined) },
    )
    .refine((leaf) => leaf.clause !== undefined || leaf.interpretation !== undefined, {
      error: 'cites nothing: give the clause of the document, or an interpretation with its reason',
    })
    .transform((leaf) => (leaf as { value: z.output<Value> }).value);
}

/** Citations by key path (`prepayment.ratio`) of data that has passed the schema. */
export function collectCitations(data: unknown, path: readonly string[] = []): Record<string, Citation> {
  if (typeof data !== 'object' || data === null) return {};
  if (isCitedLeaf(data)) {
    const { clause, interpretation } = data;
    return {
      [path.join('.')]: { ...(clause ? { clause } : {}), ...(interpretation ? { interpretation } : {}) },
    };
  }
  const found = Object.entries(data).map(([key, child]) => collectCitations(child, [...path, key]));
  return Object.assign({}, ...found) as Record<string, Citation>;
}

function isCitedLeaf(data: object): data is { value: unknown } & Citation {
  return 'value' in data && ('clause' in data || 'interpretation' in data);
}
