/** `wearon dead`: letters are shown, dropped and replayed. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { DEAD_LETTER_LIST, TASK_LIST } from '../../src/adapters/redis/task-list.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearonWith } from '../support/cli.ts';
import { openShop, orderTryOn } from '../support/shop.ts';

const shop = afterTests.use(await openShop());
const { platform, stack } = shop;
const { redis } = platform;
const run = wearonWith(stack.env);

beforeEach(() => redis.flushall());

describe('dead letters', () => {
  async function bury(raw: string, sessionId: string | null, reason = 'unknown version') {
    const letter = { reason, at: new Date().toISOString(), sessionId, raw };
    await redis.lpush(DEAD_LETTER_LIST, JSON.stringify(letter));
  }

  it('are listed without their message, shown with it, and dropped', async () => {
    await bury('{"secret":"https://x.test/?token=abc"}', null);
    await bury('other', null, 'not JSON in UTF-8');
    const { code, json, stdout } = await run('dead', 'list', '--json');
    assert.equal(code, 1);
    assert.deepEqual(
      json.map(({ reason }: { reason: string }) => reason),
      ['not JSON in UTF-8', 'unknown version'],
    );
    assert.doesNotMatch(stdout, /token/);
    const [dropped, shown] = json.map(({ id }: { id: string }) => id);
    assert.match((await run('dead', 'show', shown)).stdout, /token=abc/);
    assert.equal((await run('dead', 'drop', dropped)).code, 2);
    assert.equal((await run('dead', 'drop', dropped, '--yes')).code, 0);
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 1);
    assert.equal((await run('dead', 'drop', dropped, '--yes')).code, 1);
  });

  it('are dropped by reason, by age, or all at once', async () => {
    await redis.lpush(DEAD_LETTER_LIST, 'not JSON');
    for (const reason of ['unknown version', 'unknown version', 'too many images']) {
      await bury('{}', null, reason);
    }
    assert.equal((await run('dead', 'drop', '--yes')).code, 2);
    const drop = async (...options: string[]) =>
      (await run('dead', 'drop', ...options, '--yes', '--json')).json.dropped;
    assert.equal(await drop('--before', '24h'), 1);
    assert.equal(await drop('--reason', 'version', '--before', '1h'), 0);
    assert.equal(await drop('--reason', 'version'), 2);
    assert.equal((await run('dead', 'drop', '--all')).code, 2);
    assert.equal(await drop('--all'), 1);
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 0);
  });

  it('cannot steer the terminal, and are not replayed when they were cut', async () => {
    const letter = { reason: 'bad', at: new Date().toISOString(), sessionId: '\u001b[2J' };
    const raw = '\u001b]0;owned\u0007';
    await redis.lpush(DEAD_LETTER_LIST, JSON.stringify({ ...letter, raw, sizeBytes: 2_000_000 }));
    const listed = await run('dead', 'list', '--json');
    const id = listed.json[0].id;
    const shown = [listed, await run('dead', 'list'), await run('dead', 'show', id)];
    for (const { stdout } of shown) assert.doesNotMatch(stdout, /(?![\n])\p{Cc}/u);
    assert.match((await run('dead', 'show', id)).stdout, /u001b\]0;owned/);
    const replayed = await run('dead', 'replay', id, '--force', '--yes');
    assert.equal(replayed.code, 1);
    assert.match(replayed.stderr, /beginning/);
  });

  it('are replayed once the cause is fixed, and not before', async () => {
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    await bury('{"version":7}', null);
    await bury(tryOn.message, tryOn.sessionId);
    const { json } = await run('dead', 'list', '--json');
    const refused = await run('dead', 'replay', json[1].id, '--yes');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /rejected again: unknown version/);
    const replayed = await run('dead', 'replay', json[0].id, '--yes');
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.equal(await redis.lindex(TASK_LIST, 0), tryOn.message);
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 1);
  });
});
