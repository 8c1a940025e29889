import { randomBytes } from 'node:crypto';
import { connect } from '../../db/connect';
import { toRefusal } from '../../db/refusals';
import { createDatabase, prepareDatabase } from '../../db/roles';
import { testServerUrl } from '../support/database';

const newName = (): string => `test_${randomBytes(6).toString('hex')}`;

async function namesLike(table: string, column: string, name: string): Promise<string[]> {
  const server = connect(testServerUrl(), { poolSize: 1 });
  try {
    return await server(table).where(column, 'like', `${name}%`).orderBy(column).pluck<string[]>(column);
  } finally {
    await server.destroy();
  }
}

describe('a database of the engine', () => {
  it('comes with an owner and an application role of its own, and takes them along', async () => {
    const name = newName();
    const database = await createDatabase(testServerUrl(), name);
    expect(await namesLike('pg_database', 'datname', name)).toEqual([name]);
    expect(await namesLike('pg_roles', 'rolname', name)).toEqual([`${name}_app`, `${name}_owner`]);
    await database.drop();
    expect(await namesLike('pg_database', 'datname', name)).toEqual([]);
    expect(await namesLike('pg_roles', 'rolname', name)).toEqual([]);
  });

  it('is closed to the application role of another database', async () => {
    const [one, other] = await Promise.all([
      createDatabase(testServerUrl(), newName()),
      createDatabase(testServerUrl(), newName()),
    ]);
    const trespass = new URL(one.appUrl);
    trespass.pathname = new URL(other.appUrl).pathname;
    const intruder = connect(trespass.toString(), { poolSize: 1 });
    await expect(intruder.raw('SELECT 1')).rejects.toMatchObject({ code: '42501' });
    await intruder.destroy();
    await Promise.all([one.drop(), other.drop()]);
  });

  it('is prepared once when several processes prepare it at the same time', async () => {
    const database = await createDatabase(testServerUrl(), newName());
    const prepared = await Promise.all([1, 2, 3].map(() => prepareDatabase(database.ownerUrl)));
    expect(new Set(prepared.map((each) => each.appUrl))).toEqual(new Set([database.appUrl]));
    await database.drop();
  });

  it.each(['Upper', 'a-b', '1a', '', 'a"; DROP DATABASE postgres; --', 'a'.repeat(51)])(
    'cannot be called %j',
    async (name) => {
      await expect(createDatabase(testServerUrl(), name)).rejects.toThrow(RangeError);
    },
  );

  it('gives amounts as bigint and dates as plain dates', async () => {
    const database = await createDatabase(testServerUrl(), newName());
    const app = connect(database.appUrl, { poolSize: 1 });
    const { rows } = await app.raw<{ rows: unknown[] }>(
      `SELECT 9007199254740993::bigint AS fen, date '2026-03-01' AS day, '{1,2}'::bigint[] AS fens, '{2026-03-01}'::date[] AS days`,
    );
    expect(rows).toEqual([{ fen: 9007199254740993n, day: '2026-03-01', fens: [1n, 2n], days: ['2026-03-01'] }]);
    await app.destroy();
    await database.drop();
  });
});

describe('an error of the driver', () => {
  const driverError = (code: string, detail: string, message = 'select 1 - not - enough'): Error =>
    Object.assign(new Error(message), { code, detail });

  it('becomes the refusal that SQL raised, with or without details', () => {
    expect(toRefusal(driverError('ST001', 'ApprovalNotOpen'))).toMatchObject({
      name: 'Refusal',
      code: 'ApprovalNotOpen',
    });
    expect(
      toRefusal(driverError('ST001', '{"code":"LedgerInsufficient","message":"a - b","missingFen":"5"}')),
    ).toMatchObject({
      code: 'LedgerInsufficient',
      message: 'a - b',
      details: { missingFen: '5' },
    });
  });

  it('stays what it is otherwise', () => {
    const other = driverError('23505', 'x');
    expect(toRefusal(other)).toBe(other);
    const unknown = driverError('ST001', 'NoSuchCode');
    expect(toRefusal(unknown)).toBe(unknown);
    expect(toRefusal('text')).toBe('text');
  });
});
