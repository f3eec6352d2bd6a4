/**
 * The local Storage while its database is in trouble, held to what supabase/storage of 2026-08-21
 * answered in the same situations.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { afterTests } from '../../test/support/after-tests.ts';
import { type Answer, JPEG, rawStorage } from '../../test/support/supabase/raw-storage.ts';
import { BUCKET, startLocalStack } from '../stack.ts';
import { until } from '../until.ts';

const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));
const { database } = stack;
const { link, list, remove, send, sign, upload } = rawStorage(stack.supabase);
await upload('o/photo.jpg');
const photoLink = await link('o/photo.jpg');

const REQUESTS = {
  bucket: () => send('GET', `/bucket/${BUCKET}`),
  upload: () => upload('o/photo.jpg', { ...JPEG, 'x-upsert': 'true' }),
  sign: () => sign('o/photo.jpg'),
  open: () => send('GET', photoLink, { key: null }),
  list: () => list({ prefix: 'o' }),
  remove: () => remove(['o/none.jpg']),
};
type Asked = keyof typeof REQUESTS;

/** The status, and the error's body where there is one. */
function shape({ status, text }: Answer): unknown {
  return status === 200 ? status : [status, JSON.parse(text)];
}

async function assertAnswers(expected: Partial<Record<Asked, unknown>>): Promise<void> {
  const asked = Object.keys(expected) as Asked[];
  const answers = await Promise.all(asked.map((name) => REQUESTS[name]()));
  const seen = asked.map((name, at) => [name, shape(answers[at] ?? assert.fail())]);
  assert.deepEqual(Object.fromEntries(seen), expected);
}

const error = (status: number, statusCode: string, code: string, message: string) => [
  status,
  { statusCode, error: code, message, code },
];

it('a column that is not there yet is a 503 inside a 400', async () => {
  const outOfSync = 'The database schema is out of sync. Please run migrations or contact support.';
  const mismatch = error(400, '503', 'DatabaseSchemaMismatch', outOfSync);
  await database.query('alter table storage.objects rename column metadata to later');
  await assertAnswers({ bucket: 200, upload: mismatch, open: mismatch });
  await database.query('alter table storage.objects rename column later to metadata');
});

/** Sets a parameter for all connections of the server until the action is done. */
async function withSetting(setting: string, value: string, action: () => Promise<void>) {
  const isSet = async (expected: string) => {
    const { rows } = await database.query(`show ${setting}`);
    return rows[0][setting] === expected;
  };
  const [{ before }] = (await database.query(`select current_setting('${setting}') as before`))
    .rows;
  await database.query(`alter system set ${setting} = '${value}'`);
  await database.query('select pg_reload_conf()');
  await until(setting, () => isSet(value));
  await action();
  await database.query(`alter system reset ${setting}`);
  await database.query('select pg_reload_conf()');
  await until(setting, () => isSet(before));
}

it('a read-only database serves links and lists', async () => {
  const message = 'The database is currently in read-only mode. Please try again later.';
  const readOnly = error(400, '503', 'DatabaseReadOnly', message);
  await withSetting('default_transaction_read_only', 'on', () =>
    assertAnswers({
      bucket: 200,
      upload: readOnly,
      sign: 200,
      open: 200,
      list: 200,
      remove: readOnly,
    }),
  );
});

/** Holds the tables of Storage until the action is done. */
async function withTablesLocked(action: () => Promise<void>): Promise<void> {
  const holder = await database.connect();
  try {
    await holder.query('begin; lock table storage.objects, storage.buckets');
    await action();
  } finally {
    await holder.query('rollback');
    holder.release();
  }
}

it('a database that is too slow is a 544', async () => {
  const slow = error(544, '544', 'DatabaseTimeout', 'The connection to the database timed out');
  const all = Object.fromEntries(Object.keys(REQUESTS).map((name) => [name, slow]));
  await withTablesLocked(() => withSetting('statement_timeout', '1s', () => assertAnswers(all)));
});

it('a connection that the database ends is a 500', async () => {
  const ended = error(500, '500', 'DatabaseError', 'database error, code: 57P01');
  await withTablesLocked(async () => {
    const answer = assertAnswers({ bucket: ended });
    await until('the request to be ended', async () => {
      const waiting = `select pg_terminate_backend(pid) from pg_stat_activity
        where wait_event_type = 'Lock' and query like '%storage%buckets%'`;
      return ((await database.query(waiting)).rowCount ?? 0) > 0;
    });
    await answer;
  });
});
