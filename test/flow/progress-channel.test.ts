/** The Redis channel of progress: what it says of a try-on, and that nothing depends on it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import { createStore, type TryOn } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { PROGRESS_CHANNEL } from '../../src/adapters/redis/progress-channel.ts';
import type { SessionEvent } from '../../src/ports/progress.ts';
import { afterTests } from '../support/after-tests.ts';
import { asUser } from '../support/redis.ts';
import { assertCompleted, openShop, orderTryOn, push } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { metricsOf } from '../support/worker-status.ts';

const texts: string[] = [];

const shop = afterTests.use(await openShop());
const redis = afterTests.adopt(shop.platform.redis.duplicate(), (copy) => copy.disconnect());
redis.on('message', (_channel: string, text: string) => texts.push(text));
await redis.subscribe(PROGRESS_CHANNEL);
const worker = afterTests.use(await startWorkerProcess(shop.stack.env));

const eventsOf = ({ sessionId }: TryOn) =>
  texts
    .map((text) => JSON.parse(text) as SessionEvent)
    .filter(({ session_id }) => session_id === sessionId);

/** Pushes the task and resolves with the names of its steps, once the last one is there. */
async function follow(tryOn: TryOn, last: string): Promise<string[]> {
  await push(shop.platform, tryOn);
  await until(`the step ${last}`, () => eventsOf(tryOn).some(({ event }) => event === last));
  return eventsOf(tryOn).map(({ event }) => event);
}

it('a try-on announces every step in order, by ids alone', async () => {
  const tryOn = await orderTryOn(shop.platform, await createStore(shop.platform));
  const steps = await follow(tryOn, 'completed');
  const known = ['queued', 'started', 'photos_fetched', 'drawing', 'stored', 'completed'];
  assert.deepEqual(
    steps.filter((step) => step !== 'checked'),
    known,
  );
  for (const text of texts) assert.doesNotMatch(text, /https?:|req_|@|token/);
  for (const event of eventsOf(tryOn)) {
    assert.deepEqual([event.version, event.channel], [1, 'b2b']);
    assert.ok(!Number.isNaN(Date.parse(event.at)));
  }
});

it('a refused try-on ends with the reason for its failure', async () => {
  shop.stack.openai.faults.add(moderationBlocked());
  const tryOn = await orderTryOn(shop.platform, await createStore(shop.platform));
  assert.equal((await follow(tryOn, 'failed')).at(-1), 'failed');
  assert.equal(eventsOf(tryOn).at(-1)?.code, 'MODERATION_BLOCKED');
});

it('a user without the right to publish makes pictures all the same', async () => {
  const rights = '~wearon:* resetchannels +@all -@admin -@dangerous';
  const url = await asUser(shop.stack.redis.url, { redis: shop.platform.redis, rights });
  await worker.end('SIGTERM');
  await using mute = await startWorkerProcess({ ...shop.stack.env, REDIS_URL: url });
  const tryOn = await orderTryOn(shop.platform, await createStore(shop.platform));
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  assert.deepEqual(eventsOf(tryOn), []);
  assert.equal((await mute.logged('loop_error')).loop, 'progress');
  const metrics = await metricsOf(mute);
  assert.match(metrics, /wearon_loop_errors_total\{loop="progress"\} [1-9]/);
});
