/** Deliveries of webhooks: once, with retries, and again when the operator says so. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { Job } from 'bullmq';
import { until } from '../../local/until.ts';
import { redeliver } from '../../src/adapters/redis/jobs/webhook-views.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';
import { type AnswerWebhook, verified } from '../support/webhook-receiver.ts';
import { ended, openWebhooks, PUBLIC, type WebhooksOptions } from './webhooks.ts';

const { redis } = afterTests.use(await openRedis());
const open = (options: WebhooksOptions = {}) => openWebhooks(redis, options);
const answering =
  (status: number): AnswerWebhook =>
  (response) =>
    void response.writeHead(status).end();

beforeEach(() => redis.flushall());

describe('a webhook', () => {
  it('arrives once, signed, however often its session is announced', async () => {
    await using webhooks = await open();
    const session = ended();
    await Promise.all([webhooks.announce(session), webhooks.announce(session)]);
    assert.equal((await webhooks.deliveryOf(session)).state, 'delivered');
    await webhooks.announce(session);
    await webhooks.announce(ended());
    await until('the other one', () => webhooks.receiver.received.length === 2);
    const [first] = webhooks.receiver.about(session.sessionId);
    assert.ok(first);
    assert.equal(verified(first).data.session_id, session.sessionId);
    assert.equal(first.headers['webhook-id'], `ended_${session.sessionId}`);
    assert.equal(first.headers.host, 'platform.example');
    assert.deepEqual(webhooks.dialled[0]?.addresses, [PUBLIC]);
  });

  it('is tried eleven times with the same bytes, then listed as undelivered', async () => {
    await using webhooks = await open({ answer: answering(500) });
    const { state, tries, last } = await webhooks.deliver();
    assert.deepEqual(
      [state, tries, last?.problem, last?.status],
      ['undelivered', 11, 'status', 500],
    );
    const { received } = webhooks.receiver;
    assert.equal(received.length, 11);
    assert.equal(new Set(received.map(({ body }) => body)).size, 1);
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal(webhooks.events.filter(({ event }) => event === 'webhook_given_up').length, 1);
  });

  it('is sent again when the operator says so, with all its tries', async () => {
    let status = 500;
    const asked = Promise.withResolvers<void>();
    await using webhooks = await open({
      answer: async (response) => {
        if (status === 200) await asked.promise;
        response.writeHead(status).end();
      },
    });
    const session = ended();
    await webhooks.deliver(session);
    status = 200;
    const again = () => redeliver(redis, { states: ['undelivered'] });
    assert.deepEqual((await Promise.all([again(), again()])).sort(), [0, 1]);
    asked.resolve();
    const view = await until('the delivery', async () => {
      const found = await webhooks.stateOf(session);
      return found?.state === 'delivered' && found;
    });
    assert.equal(view.tries, 1);
    assert.equal(webhooks.receiver.received.length, 12);
  });

  it('is passed over by the operator when it is removed meanwhile', async (t) => {
    await using webhooks = await open({ answer: answering(500), schedule: [] });
    await webhooks.deliver();
    const { updateData } = Job.prototype;
    t.mock.method(Job.prototype, 'updateData', async function (this: Job, data: unknown) {
      await this.remove();
      await updateData.call(this, data);
    });
    assert.equal(await redeliver(redis, { states: ['undelivered'] }), 0);
  });

  it('waits for its next try, which the operator can bring forward', async () => {
    let status = 503;
    await using webhooks = await open({
      answer: (response) => void response.writeHead(status).end(),
      schedule: [3600],
    });
    const session = ended();
    await webhooks.announce(session);
    await webhooks.recorded('webhook_failed');
    const waiting = await until('it to wait', async () => {
      const view = await webhooks.stateOf(session);
      return view?.nextTryAt != null && view;
    });
    assert.ok(Date.parse(waiting.nextTryAt ?? '') > Date.now() + 3_000_000);
    status = 200;
    assert.equal(await redeliver(redis, { states: ['pending'], sessionId: session.sessionId }), 1);
    assert.equal((await webhooks.deliveryOf(session)).state, 'delivered');
  });

  it('waits until the date that its endpoint names, unless that is absurd', async () => {
    const inHalfAnHour = new Date(Date.now() + 1_800_000).toUTCString();
    const asked = ['-5', '86400', 'Fri, 31 Dec 9999 23:59:59 GMT', inHalfAnHour];
    await using webhooks = await open({
      answer: (response) => void response.writeHead(503, { 'retry-after': asked.shift() }).end(),
      schedule: [0, 0, 0, 0],
    });
    const session = ended();
    await webhooks.announce(session);
    const waiting = await until('it to wait', async () => {
      const view = await webhooks.stateOf(session);
      return view?.nextTryAt != null && view.tries === 4 && view;
    });
    assert.ok(Date.parse(waiting.nextTryAt ?? '') > Date.now() + 1_000_000);
  });

  it('is not retried after 410', async () => {
    await using webhooks = await open({ answer: answering(410) });
    const { state, tries, last } = await webhooks.deliver();
    assert.deepEqual([state, tries, last?.problem], ['undelivered', 1, 'gone']);
  });

  it('is not sent while its row has not ended, or is not there', async () => {
    await using webhooks = await open();
    const running = { ...ended(), status: 'processing' } as const;
    assert.equal((await webhooks.deliver(running)).last?.problem, 'not_ended');
    const gone = { ...ended(), ownerId: randomUUID() };
    assert.equal((await webhooks.deliver(gone)).state, 'delivered');
    assert.equal(webhooks.receiver.received.length, 1);
  });
});

describe('the queue of webhooks', () => {
  it('holds no address, secret or picture link, and under 3 kB for each', async () => {
    await using webhooks = await open({ schedule: [3600], answer: answering(500) });
    const session = ended();
    await webhooks.announce(session);
    await webhooks.recorded('webhook_failed');
    const job = `wearon:bull:webhook:${session.sessionId}_platform`;
    const text = JSON.stringify(await redis.hgetall(job));
    assert.doesNotMatch(text, /https?:|whsec_|@/);
    assert.ok(text.length < 3000, `${text.length} characters`);
    const bytes = await redis.memory('USAGE', job);
    assert.ok(Number(bytes) < 3000, `${bytes} bytes`);
  });
});
