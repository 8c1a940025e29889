import { readFileSync } from 'node:fs';

/** How to reach a Temporal cluster, for the client's and for the worker's connection alike. */
export interface TemporalAddress {
  /** `host:port`. */
  address: string;
  apiKey?: string;
  tls?:
    | true
    | {
        clientCertPair?: { crt: Buffer; key: Buffer };
        serverRootCACertificate?: Buffer;
        serverNameOverride?: string;
      };
}

/**
 * `TEMPORAL_ADDRESS` with `TEMPORAL_TLS_CERT`, `TEMPORAL_TLS_KEY`, `TEMPORAL_TLS_CA` (files), `TEMPORAL_TLS_SERVER_NAME` and
 * `TEMPORAL_API_KEY`. An API key is sent over TLS only.
 */
export function temporalAddress(address: string, env: NodeJS.ProcessEnv): TemporalAddress {
  const { TEMPORAL_TLS_CERT: crt, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_CA: ca } = env;
  const { TEMPORAL_TLS_SERVER_NAME: serverName, TEMPORAL_API_KEY: apiKey } = env;
  if ((crt === undefined) !== (key === undefined))
    throw new Error('TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY are set together or not at all');
  const tls = {
    ...(crt && key ? { clientCertPair: { crt: readFileSync(crt), key: readFileSync(key) } } : {}),
    ...(ca ? { serverRootCACertificate: readFileSync(ca) } : {}),
    ...(serverName ? { serverNameOverride: serverName } : {}),
  };
  const secured = Object.keys(tls).length > 0 ? tls : apiKey ? true : undefined;
  return { address, ...(apiKey ? { apiKey } : {}), ...(secured === undefined ? {} : { tls: secured }) };
}
