import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { msToTs } from '@temporalio/common/lib/time';
import { Refusal } from '../../domain/refusal';

const { IndexedValueType } = temporal.api.enums.v1;
const NAMESPACE_NOT_FOUND = 5;
const DAY_SECONDS = 24 * 3_600;
const DAY_MS = DAY_SECONDS * 1_000;
/** A new namespace reaches every frontend within its cache's ten seconds. */
const VISIBLE_WITHIN_MS = 30_000;
const ASK_AGAIN_MS = 500;

export interface NamespaceInput {
  namespace: string;
  /** How long closed cases stay readable in Temporal; PostgreSQL keeps them for ever. */
  retentionDays: number;
  /** Names with their types, such as `Keyword`. */
  searchAttributes: Readonly<Record<string, string>>;
  dryRun: boolean;
}

/** What was done, or would be. */
export interface NamespaceChange {
  created: boolean;
  /** What it was before; null where the namespace is new. */
  retentionDaysBefore: number | null;
  addedAttributes: string[];
}

/**
 * Creates the engine's namespace, or brings it up to date: retention and search attributes. Again changes nothing.
 * @throws Refusal `NamespaceDiffers` where a search attribute is there with another type
 */
export async function setUpNamespace(connection: Connection, input: NamespaceInput): Promise<NamespaceChange> {
  const { namespace, retentionDays, searchAttributes, dryRun } = input;
  const before = await describe(connection, namespace);
  const known = before === null ? {} : await attributesOf(connection, namespace);
  const added = missingAttributes(searchAttributes, known, namespace);
  const change = { created: before === null, retentionDaysBefore: before, addedAttributes: Object.keys(added) };
  if (dryRun) return change;
  const retention = msToTs(retentionDays * DAY_MS);
  if (before === null)
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
  else if (before !== retentionDays)
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: retention },
    });
  if (before === null) await untilVisible(connection, namespace);
  if (change.addedAttributes.length > 0)
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: added });
  return change;
}

/** Its retention in days; null where there is no such namespace. */
async function describe({ workflowService }: Connection, namespace: string): Promise<number | null> {
  try {
    const { config } = await workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / DAY_SECONDS;
  } catch (error) {
    if ((error as { code?: number }).code === NAMESPACE_NOT_FOUND) return null;
    throw error;
  }
}

async function attributesOf(
  { operatorService }: Connection,
  namespace: string,
): Promise<Record<string, temporal.api.enums.v1.IndexedValueType>> {
  return (await operatorService.listSearchAttributes({ namespace })).customAttributes ?? {};
}

async function untilVisible(connection: Connection, namespace: string): Promise<void> {
  const deadline = performance.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    try {
      await attributesOf(connection, namespace);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

function missingAttributes(
  wanted: Readonly<Record<string, string>>,
  known: Readonly<Record<string, temporal.api.enums.v1.IndexedValueType>>,
  namespace: string,
): Record<string, temporal.api.enums.v1.IndexedValueType> {
  const missing: Record<string, temporal.api.enums.v1.IndexedValueType> = {};
  for (const [name, type] of Object.entries(wanted)) {
    const value = IndexedValueType[`INDEXED_VALUE_TYPE_${type.toUpperCase()}` as keyof typeof IndexedValueType];
    const there = known[name];
    if (there === undefined) missing[name] = value;
    else if (there !== value)
      throw new Refusal('NamespaceDiffers', `${name} is ${IndexedValueType[there]} in ${namespace}, not ${type}`, {
        namespace,
        attribute: name,
      });
  }
  return missing;
}
