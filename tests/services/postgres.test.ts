import { Client } from 'pg';

describe('the embedded PostgreSQL', () => {
  it('answers at the address that the test set-up publishes', async () => {
    const client = new Client({ connectionString: process.env['SETTLE_TEST_DATABASE_URL'] });
    await client.connect();
    try {
      const { rows } = await client.query<{ version: string; encoding: string; collation: string; fsync: string }>(
        `select current_setting('server_version') as version, current_setting('server_encoding') as encoding,
                datcollate as collation, current_setting('fsync') as fsync
           from pg_database where datname = current_database()`,
      );
      expect(rows).toEqual([
        { version: expect.stringMatching(/^18\./), encoding: 'UTF8', collation: 'C', fsync: 'off' },
      ]);
    } finally {
      await client.end();
    }
  });

  it('refuses whoever has no password', async () => {
    const url = new URL(process.env['SETTLE_TEST_DATABASE_URL'] as string);
    url.password = 'guessed';
    await expect(new Client({ connectionString: url.href }).connect()).rejects.toThrow(
      'password authentication failed',
    );
  });
});
