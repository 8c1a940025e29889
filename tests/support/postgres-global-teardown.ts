/** Ends the PostgreSQL that the global set-up started. */
export default async function stopTestPostgres(): Promise<void> {
  await globalThis.settleTestPostgres?.stop();
}
