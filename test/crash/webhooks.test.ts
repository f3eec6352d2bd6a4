/**
 * No end of a session goes unannounced, through kills: the process dies between the row's end and
 * the webhook's queue, while a webhook is sent, and where only the sweep can know of the end.
 */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import { createPerson, createStore, type TryOn } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon } from '../support/cli.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderTryOn, push, rowOf } from '../support/shop.ts';
import {
  type AnswerWebhook,
  startWebhookReceiver,
  verified,
  WEBHOOK_SECRET,
} from '../support/webhook-receiver.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const crash = useCrashShop();
let answer: AnswerWebhook | null = null;
const receiver = afterTests.use(
  await startWebhookReceiver((response, webhook) =>
    answer === null ? void response.writeHead(204).end() : answer(response, webhook),
  ),
);
const WEBHOOKS = {
  WEBHOOK_URL: `${receiver.origin}/hook`,
  WEBHOOK_SECRET,
  WEBHOOK_TRUSTED_ORIGINS: receiver.origin,
};

function startWorker(env: Record<string, string> = {}) {
  return crash.startWorker({ ...WEBHOOKS, ...env });
}

/** After its start: a sweep would announce the end before the process is killed. */
const WITHOUT_SWEEP = { RESCUE_INTERVAL_SECONDS: '3600' };

/** From now on no sweep learns of an end: what is announced is announced by the session's own jobs. */
function blindTheSweep(t: TestContext): void {
  const { faults } = crash.shop.stack.supabase;
  t.after(() => faults.clear());
  const ends = { method: 'GET', path: /completed_at=gte/ };
  faults.add({ ...ends, kind: 'status', status: 503, times: Number.POSITIVE_INFINITY });
}

/** Of the other sessions, which the sweep announces again after a flush, every webhook is taken. */
function answerAbout({ sessionId }: TryOn, answerIt: AnswerWebhook): void {
  answer = (response, webhook) =>
    webhook.body.includes(sessionId)
      ? answerIt(response, webhook)
      : void response.writeHead(204).end();
}

/** Pushes the task and kills the worker once the row says that it ended, but no one else knows. */
async function killAtTheEnd(worker: WorkerProcess, tryOn: TryOn): Promise<void> {
  const { faults } = crash.shop.stack.supabase;
  const update = { method: 'PATCH', path: /_sessions\?/ };
  const toProcessing = faults.add({ ...update, kind: 'delay', ms: 0 });
  await push(crash.shop.platform, tryOn);
  await toProcessing.hit;
  await faults.add({ ...update, kind: 'hold-after' }).hit;
  await worker.end('SIGKILL');
  assert.deepEqual(receiver.about(tryOn.sessionId), []);
  faults.clear();
}

it('a session whose process died right after completing it is announced', async (t) => {
  const tryOn = await orderTryOn(crash.shop.platform, await createStore(crash.shop.platform));
  await killAtTheEnd(await startWorker(WITHOUT_SWEEP), tryOn);
  assert.equal((await rowOf(crash.shop, tryOn))?.status, 'completed');
  blindTheSweep(t);
  await startWorker();
  const message = await receiver.messageAbout(tryOn.sessionId);
  assert.equal(message.type, 'try_on.completed');
  assert.equal(message.data.store_id, tryOn.ownerId);
  assert.equal(message.data.request_id, tryOn.requestId);
});

it('a session failed right before a death is announced with its reason', async (t) => {
  const tryOn = await orderTryOn(crash.shop.platform, await createPerson(crash.shop.platform));
  crash.shop.stack.openai.faults.add(moderationBlocked());
  await killAtTheEnd(await startWorker(WITHOUT_SWEEP), tryOn);
  assert.equal((await rowOf(crash.shop, tryOn))?.status, 'failed');
  blindTheSweep(t);
  await startWorker();
  const { type, data } = await receiver.messageAbout(tryOn.sessionId);
  assert.equal(type, 'try_on.failed');
  assert.equal(data.user_id, tryOn.ownerId);
  assert.equal(data.error?.code, 'MODERATION_BLOCKED');
  assert.match(data.error?.message ?? '', /safety filter/);
});

/** A worker whose webhook about the session has reached the receiver, which does not answer. */
async function workerThatSendsAbout(tryOn: TryOn): Promise<WorkerProcess> {
  const held = Promise.withResolvers<void>();
  answerAbout(tryOn, () => held.resolve());
  const worker = await startWorker();
  await push(crash.shop.platform, tryOn);
  await held.promise;
  return worker;
}

it('a webhook whose process died while it was sent is sent again, the same', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createStore(crash.shop.platform));
  const first = await workerThatSendsAbout(tryOn);
  await first.end('SIGKILL');
  answer = null;
  await startWorker();
  const [before_, again] = await until('the second webhook', () => {
    const both = receiver.about(tryOn.sessionId);
    return both.length > 1 && both;
  });
  assert.ok(before_ && again);
  assert.equal(again.body, before_.body);
  assert.equal(again.headers['webhook-id'], before_.headers['webhook-id']);
  assert.equal(verified(again).data.session_id, tryOn.sessionId);
});

it('the sweep announces a session ended by the platform, without text', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createPerson(crash.shop.platform));
  await startWorker();
  await crash.shop.stack.database.query(
    `update generation_sessions set status = 'failed', completed_at = now(),
       error_message = 'see https://x.example/?token=1' where id = $1`,
    [tryOn.sessionId],
  );
  const { data } = await receiver.messageAbout(tryOn.sessionId);
  assert.deepEqual(data.error, { code: null, message: null });
});

it('a webhook under way at a stop is sent by the next process', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createStore(crash.shop.platform));
  const first = await workerThatSendsAbout(tryOn);
  assert.equal(await first.end('SIGTERM'), 0);
  answer = null;
  await startWorker();
  await until('the second webhook', () => receiver.about(tryOn.sessionId).length > 1);
});

it('a failing endpoint delays no task; its webhooks are listed and resent', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createStore(crash.shop.platform));
  answerAbout(tryOn, (response) => void response.writeHead(410).end());
  const worker = await startWorker();
  await push(crash.shop.platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
  await worker.logged('webhook_given_up', tryOn);
  const env = { ...crash.shop.stack.env, ...WEBHOOKS };
  const listed = await until('the list', async () => {
    const { code, json } = await wearon(env, ['webhooks', 'list', '--json']);
    return code === 1 && json.webhooks;
  });
  assert.equal(listed[0].sessionId, tryOn.sessionId);
  assert.equal(listed[0].last.status, 410);
  answer = null;
  const redelivered = await wearon(env, ['webhooks', 'redeliver', tryOn.sessionId, '--json']);
  assert.deepEqual(redelivered.json, { redelivered: 1 });
  await worker.logged('webhook_delivered', tryOn);
  const shown = await until('its state', async () => {
    const { json } = await wearon(env, ['webhooks', 'show', tryOn.sessionId, '--json']);
    return json[0]?.state === 'delivered' && json;
  });
  assert.equal(JSON.parse(shown[0].body).data.session_id, tryOn.sessionId);
  const none = await wearon(env, ['webhooks', 'list']);
  assert.deepEqual([none.code, none.stdout.trim()], [0, 'No webhook is pending or undelivered.']);
});
