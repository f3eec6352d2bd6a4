/** Endpoints of webhooks that stall, redirect or lead inside the network. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { until } from '../../local/until.ts';
import { openQueue, WEBHOOK_QUEUE } from '../../src/adapters/redis/jobs/bullmq.ts';
import { WebWebhookSender } from '../../src/adapters/web/webhook-sender.ts';
import { afterTests } from '../support/after-tests.ts';
import { flood } from '../support/network/http-host.ts';
import { openRedis } from '../support/redis.ts';
import { ended, openWebhooks, PUBLIC, type WebhooksOptions } from './webhooks.ts';

const { redis } = afterTests.use(await openRedis());
const open = (options: WebhooksOptions = {}) => openWebhooks(redis, options);

beforeEach(() => redis.flushall());

describe('an endpoint', () => {
  const [DEAD, ALIVE] = [randomUUID(), randomUUID()];

  it('that does not answer delays nothing of another one', async () => {
    let held = 0;
    const released = Promise.withResolvers<void>();
    await using webhooks = await open({
      stores: { [DEAD]: 'https://dead.example/', [ALIVE]: 'https://alive.example/ok' },
      answer: async (response, { headers }) => {
        if (headers.host === 'alive.example') return void response.writeHead(200).end();
        held += 1;
        await released.promise;
        response.writeHead(500).end();
      },
      timeoutMs: 200_000,
    });
    for (let n = 0; n < 60; n += 1) await webhooks.announce(ended(DEAD));
    for (let n = 0; n < 20; n += 1) await webhooks.announce(ended(ALIVE));
    const { received } = webhooks.receiver;
    const ofOther = () => received.filter(({ headers }) => headers.host === 'alive.example');
    await until('every webhook of the other store', () => ofOther().length === 20);
    assert.ok(held <= 8, `${held} requests are open`);
    released.resolve();
  });

  it('that another replica does not know yet gets every webhook', async () => {
    await using _former = await open({ stores: { [DEAD]: 'https://dead.example/' } });
    await using next = await open({ stores: { [ALIVE]: 'https://alive.example/ok' } });
    const sessions = Array.from({ length: 30 }, () => ended(ALIVE));
    for (const session of sessions) await next.announce(session);
    const views = await Promise.all(sessions.map(next.deliveryOf));
    assert.deepEqual([...new Set(views.map(({ state }) => state))], ['delivered']);
  });

  it('that is no longer configured is given up after a rolling update', async () => {
    await using next = await open({ stores: { [ALIVE]: 'https://alive.example/ok' } });
    const session = ended(DEAD);
    const queue = openQueue<object>(WEBHOOK_QUEUE, redis);
    const since = new Date(Date.now() - 11 * 60_000).toISOString();
    const delivery = { ...session, endpoint: DEAD, code: null, body: null, since };
    await queue.add('deliver', { ...delivery, tries: 0, last: null });
    await queue.close();
    await next.recorded('webhook_given_up');
  });

  it('that does not answer in time has failed', async () => {
    await using webhooks = await open({ answer: () => undefined, timeoutMs: 50, schedule: [] });
    assert.equal((await webhooks.deliver()).last?.problem, 'timeout');
  });

  it('with an endless answer is left as soon as its status is there', async () => {
    const closed = Promise.withResolvers<void>();
    await using webhooks = await open({
      answer: (response) => {
        response.on('close', closed.resolve).writeHead(200);
        const write = () => {
          while (response.write('x'.repeat(65_536)));
        };
        response.on('drain', write);
        write();
      },
    });
    assert.equal((await webhooks.deliver()).state, 'delivered');
    await closed.promise;
  });

  it('that never comes to the status is cut off', async () => {
    await using webhooks = await open({
      answer: ({ socket }) => flood(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      timeoutMs: 200_000,
      schedule: [],
    });
    assert.equal((await webhooks.deliver()).last?.problem, 'unreachable');
  });

  it('that redirects is not followed', async () => {
    await using webhooks = await open({
      answer: (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
      schedule: [],
    });
    assert.equal((await webhooks.deliver()).last?.problem, 'redirect');
    assert.equal(webhooks.receiver.received.length, 1);
  });

  it('inside the network is never connected to, however it is named', async () => {
    for (const addresses of [['10.0.0.1'], [PUBLIC, '169.254.169.254'], ['::1'], []]) {
      await using webhooks = await open({ addresses, schedule: [] });
      const problem = (await webhooks.deliver()).last?.problem;
      assert.equal(problem, addresses.length === 0 ? 'unreachable' : 'refused');
      assert.deepEqual(webhooks.dialled, []);
    }
  });

  it('given as an inside address is never connected to', async () => {
    const sender = new WebWebhookSender({ dial: () => assert.fail('connected') });
    const message = { headers: {}, body: '{}' };
    const { signal } = new AbortController();
    for (const url of ['https://127.0.0.1/', 'https://[::ffff:7f00:1]/', 'https://0x7f.1/']) {
      const { problem } = await sender.send({ url, isTrusted: false }, message, signal);
      assert.equal(problem, 'refused');
    }
  });
});
