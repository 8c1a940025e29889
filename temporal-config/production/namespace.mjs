// Creates the engine's namespace in a production cluster, or brings it up to date: retention and search
// attributes. May be run again at any time.
//
//   node temporal-config/production/namespace.mjs [namespace]
//
// TEMPORAL_ADDRESS names the cluster; TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY, TEMPORAL_TLS_CA (files) and
// TEMPORAL_TLS_SERVER_NAME say how to reach it.
import { readFileSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';

// Closed cases stay readable in the Web UI until the year's audit is over.
const RETENTION_SECONDS = 400 * 24 * 3600;
const ALREADY_EXISTS = 6;
// A new namespace reaches every frontend within its cache's ten seconds.
const VISIBLE_WITHIN_MS = 30_000;
const ASK_AGAIN_MS = 500;

const namespace = process.argv[2] ?? 'settle';
const { TEMPORAL_ADDRESS, TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY, TEMPORAL_TLS_CA, TEMPORAL_TLS_SERVER_NAME } =
  process.env;
const wanted = JSON.parse(readFileSync(new URL('../search-attributes.json', import.meta.url), 'utf8'));

function tls() {
  if (!TEMPORAL_TLS_CERT) return undefined;
  return {
    clientCertPair: { crt: readFileSync(TEMPORAL_TLS_CERT), key: readFileSync(TEMPORAL_TLS_KEY) },
    ...(TEMPORAL_TLS_CA && { serverRootCACertificate: readFileSync(TEMPORAL_TLS_CA) }),
    ...(TEMPORAL_TLS_SERVER_NAME && { serverNameOverride: TEMPORAL_TLS_SERVER_NAME }),
  };
}

async function createOrUpdate({ workflowService }) {
  const retention = { seconds: RETENTION_SECONDS };
  try {
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
  } catch (error) {
    if (error.code !== ALREADY_EXISTS) throw error;
    await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: retention } });
  }
}

async function knownAttributes({ operatorService }) {
  const deadline = performance.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    try {
      return (await operatorService.listSearchAttributes({ namespace })).customAttributes ?? {};
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

async function addMissingAttributes(connection) {
  const known = await knownAttributes(connection);
  const types = proto.temporal.api.enums.v1.IndexedValueType;
  const missing = Object.entries(wanted).filter(([name]) => !(name in known));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(
    missing.map(([name, type]) => [name, types[`INDEXED_VALUE_TYPE_${type.toUpperCase()}`]]),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

if (!TEMPORAL_ADDRESS) throw new Error('TEMPORAL_ADDRESS is not set: whose namespace is it to be?');
const connection = await Connection.connect({ address: TEMPORAL_ADDRESS, tls: tls() });
await createOrUpdate(connection);
await addMissingAttributes(connection);
await connection.close();
console.log(`namespace ${namespace} is ready`);
