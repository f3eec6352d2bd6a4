/**
 * The deliveries on a real Redis and over real connections: tries, slots, the guard, sending again.
 * Names are resolved here, and every connection leads to a receiver on the loopback interface.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { until } from '../../local/until.ts';
import { BullDeliveries, BullDeliveryWorker } from '../../src/adapters/redis/webhook-queue.ts';
import { deliveries, redeliver } from '../../src/adapters/redis/webhook-views.ts';
import { WebWebhookSender } from '../../src/adapters/web/webhook-sender.ts';
import type { WorkerEvent } from '../../src/ports/events.ts';
import type { Session, SessionRef } from '../../src/ports/session.ts';
import { announcer } from '../../src/webhooks/announce.ts';
import { deliver } from '../../src/webhooks/deliver.ts';
import { EndpointSlots } from '../../src/webhooks/endpoint-slots.ts';
import { readEndpoints } from '../../src/webhooks/endpoints.ts';
import { afterTests } from '../support/after-tests.ts';
import { type Dialled, dialTo } from '../support/image-host.ts';
import { openRedis } from '../support/redis.ts';
import {
  type AnswerWebhook,
  startWebhookReceiver,
  verified,
  WEBHOOK_SECRET,
} from '../support/webhook-receiver.ts';

const PUBLIC = '93.184.215.14';
/** Eleven tries, as the real schedule has, a millisecond apart. */
const QUICK = Array.from({ length: 10 }, () => 0.001);

const { redis } = afterTests.use(await openRedis());

beforeEach(() => redis.flushall());

function ended(ownerId: string = randomUUID()): Session {
  return {
    channel: 'b2b',
    ownerId,
    sessionId: randomUUID(),
    status: 'completed',
    createdAt: new Date('2026-01-01T10:00:00Z'),
    completedAt: new Date('2026-01-01T10:00:09Z'),
    errorMessage: null,
    requestId: 'req_1',
    shopperEmail: null,
  };
}

interface RigOptions {
  readonly answer?: AnswerWebhook;
  /** Instead of the platform's endpoint. */
  readonly stores?: Readonly<Record<string, string>>;
  readonly schedule?: readonly number[];
  readonly addresses?: readonly string[];
  readonly timeoutMs?: number;
}

/** A worker for webhooks to a receiver; the platform's endpoint is `https://platform.example/hook`. */
async function openRig({ answer, stores, schedule = QUICK, ...network }: RigOptions = {}) {
  await using parts = new AsyncDisposableStack();
  const receiver = parts.use(await startWebhookReceiver(answer));
  const events: WorkerEvent[] = [];
  const record = (event: WorkerEvent) => void events.push(event);
  const file = Object.entries(stores ?? {}).map(([id, url]) => [
    id,
    { url, secret: WEBHOOK_SECRET },
  ]);
  const settings = {
    webhookUrl: stores ? null : 'https://platform.example/hook',
    webhookSecret: stores ? null : WEBHOOK_SECRET,
    webhooksFile: 'webhooks.json',
    webhookTrustedOrigins: [],
  };
  const endpoints = readEndpoints(settings, () => JSON.stringify(Object.fromEntries(file)));
  const sessions = new Map<string, Session>();
  const queue = parts.use(new BullDeliveries(redis));
  const dialled: Dialled[] = [];
  const deps = {
    sessions: { find: async ({ sessionId }: SessionRef) => sessions.get(sessionId) ?? null },
    endpoints,
    sender: new WebWebhookSender({
      resolve: async () => network.addresses ?? [PUBLIC],
      dial: dialTo(receiver.port, dialled),
      timeoutMs: network.timeoutMs ?? 10_000,
    }),
    slots: new EndpointSlots(),
    record,
    schedule,
  };
  const start = () =>
    new BullDeliveryWorker(
      redis,
      { concurrency: 50, lockMs: 20_000 },
      (job, signal) => deliver(job, deps, signal),
      (error) => assert.fail(error),
    );
  parts.use(start());
  const announceEnd = announcer({ endpoints, deliveries: queue, record });
  const rig = parts.move();
  return {
    receiver,
    events,
    dialled,
    announce: async (session: Session) => {
      sessions.set(session.sessionId, session);
      await announceEnd(session);
    },
    stateOf: async ({ sessionId }: Session) => {
      const states = ['pending', 'delivered', 'undelivered'] as const;
      return (await deliveries(redis, { states, sessionId }))[0] ?? null;
    },
    recorded: (name: WorkerEvent['event']) =>
      until(name, () => events.find(({ event }) => event === name)),
    [Symbol.asyncDispose]: () => rig.disposeAsync(),
  };
}

type Rig = Awaited<ReturnType<typeof openRig>>;

function endedDelivery(rig: Rig, session: Session) {
  return until('the delivery to end', async () => {
    const view = await rig.stateOf(session);
    return view !== null && view.state !== 'pending' && view;
  });
}

describe('a webhook', () => {
  it('arrives once, signed, however often its session is announced', async () => {
    await using rig = await openRig();
    const session = ended();
    await Promise.all([rig.announce(session), rig.announce(session)]);
    assert.equal((await endedDelivery(rig, session)).state, 'delivered');
    await rig.announce(session);
    await rig.announce(ended());
    await until('the other one', () => rig.receiver.received.length === 2);
    const [first] = rig.receiver.about(session.sessionId);
    assert.ok(first);
    assert.equal(verified(first).data.session_id, session.sessionId);
    assert.equal(first.headers['webhook-id'], `ended_${session.sessionId}`);
    assert.equal(first.headers.host, 'platform.example');
    assert.deepEqual(rig.dialled[0]?.addresses, [PUBLIC]);
  });

  it('is tried eleven times with the same bytes, then listed as undelivered', async () => {
    await using rig = await openRig({ answer: (response) => void response.writeHead(500).end() });
    const session = ended();
    await rig.announce(session);
    const { state, tries, last } = await endedDelivery(rig, session);
    assert.deepEqual(
      [state, tries, last?.problem, last?.status],
      ['undelivered', 11, 'status', 500],
    );
    const received = rig.receiver.about(session.sessionId);
    assert.equal(received.length, 11);
    assert.equal(new Set(received.map(({ body }) => body)).size, 1);
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal(rig.events.filter(({ event }) => event === 'webhook_given_up').length, 1);
  });

  it('is sent again when the operator says so, with all its tries', async () => {
    let status = 500;
    await using rig = await openRig({
      answer: (response) => void response.writeHead(status).end(),
    });
    const session = ended();
    await rig.announce(session);
    await endedDelivery(rig, session);
    status = 200;
    assert.equal(await redeliver(redis, { states: ['undelivered'] }), 1);
    const view = await until('the delivery', async () => {
      const found = await rig.stateOf(session);
      return found?.state === 'delivered' && found;
    });
    assert.equal(view.tries, 1);
    assert.equal(rig.receiver.received.length, 12);
  });

  it('waits for its next try, which the operator can bring forward', async () => {
    let status = 503;
    await using rig = await openRig({
      answer: (response) => void response.writeHead(status).end(),
      schedule: [3600],
    });
    const session = ended();
    await rig.announce(session);
    await rig.recorded('webhook_failed');
    const waiting = await until('it to wait', async () => {
      const view = await rig.stateOf(session);
      return view?.nextTryAt != null && view;
    });
    assert.ok(Date.parse(waiting.nextTryAt ?? '') > Date.now() + 3_000_000);
    status = 200;
    assert.equal(await redeliver(redis, { states: ['pending'], sessionId: session.sessionId }), 1);
    assert.equal((await endedDelivery(rig, session)).state, 'delivered');
  });

  it('is not retried after 410, nor when the endpoint is gone', async () => {
    await using rig = await openRig({ answer: (response) => void response.writeHead(410).end() });
    const session = ended();
    await rig.announce(session);
    const { state, tries, last } = await endedDelivery(rig, session);
    assert.deepEqual([state, tries, last?.problem], ['undelivered', 1, 'gone']);
    const orphan = ended();
    await using queue = new BullDeliveries(redis);
    await queue.add(orphan, randomUUID(), null);
    assert.equal((await endedDelivery(rig, orphan)).state, 'undelivered');
  });

  it('is not sent while its row has not ended, or is not there', async () => {
    await using rig = await openRig();
    const open = { ...ended(), status: 'processing' } as const;
    await rig.announce(open);
    assert.equal((await endedDelivery(rig, open)).last?.problem, 'not_ended');
    const gone = ended();
    await rig.announce({ ...gone, ownerId: randomUUID() });
    assert.equal((await endedDelivery(rig, gone)).state, 'delivered');
    assert.equal(rig.receiver.received.length, 1);
  });
});

describe('an endpoint', () => {
  const [DEAD, ALIVE] = [randomUUID(), randomUUID()];

  it('that does not answer delays nothing of another one', async () => {
    const held: (() => void)[] = [];
    await using rig = await openRig({
      stores: { [DEAD]: 'https://dead.example/', [ALIVE]: 'https://alive.example/ok' },
      answer: (response, { headers }) => {
        if (headers.host === 'dead.example') held.push(() => response.writeHead(500).end());
        else response.writeHead(200).end();
      },
      timeoutMs: 200_000,
    });
    for (let n = 0; n < 60; n += 1) await rig.announce(ended(DEAD));
    for (let n = 0; n < 20; n += 1) await rig.announce(ended(ALIVE));
    await until(
      'every webhook of the other store',
      () =>
        rig.receiver.received.filter(({ headers }) => headers.host === 'alive.example').length ===
        20,
    );
    assert.ok(held.length <= 8, `${held.length} requests are open`);
    for (const release of held) release();
  });

  it('that does not answer in time has failed', async () => {
    await using rig = await openRig({ answer: () => undefined, timeoutMs: 50, schedule: [] });
    const session = ended();
    await rig.announce(session);
    assert.equal((await endedDelivery(rig, session)).last?.problem, 'timeout');
  });

  it('with an endless answer is left as soon as its status is there', async () => {
    const closed = Promise.withResolvers<void>();
    await using endless = await openRig({
      answer: (response) => {
        response.on('close', closed.resolve).writeHead(200);
        const write = () => {
          while (response.write('x'.repeat(65_536)));
        };
        response.on('drain', write);
        write();
      },
    });
    const session = ended();
    await endless.announce(session);
    assert.equal((await endedDelivery(endless, session)).state, 'delivered');
    await closed.promise;
  });

  it('that redirects is not followed', async () => {
    await using rig = await openRig({
      answer: (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
      schedule: [],
    });
    const session = ended();
    await rig.announce(session);
    assert.equal((await endedDelivery(rig, session)).last?.problem, 'redirect');
    assert.equal(rig.receiver.received.length, 1);
  });

  it('inside the network is never connected to, however it is named', async () => {
    for (const addresses of [['10.0.0.1'], [PUBLIC, '169.254.169.254'], ['::1'], []]) {
      await using rig = await openRig({ addresses, schedule: [] });
      const session = ended();
      await rig.announce(session);
      const problem = (await endedDelivery(rig, session)).last?.problem;
      assert.equal(problem, addresses.length === 0 ? 'unreachable' : 'refused');
      assert.deepEqual(rig.dialled, []);
    }
  });

  it('given as an inside address is never connected to', async () => {
    const urls = ['https://127.0.0.1/', 'https://[::ffff:7f00:1]/', 'https://0x7f.1/'];
    const stores = Object.fromEntries(urls.map((url) => [randomUUID(), url]));
    await using rig = await openRig({ stores, schedule: [] });
    for (const store of Object.keys(stores)) {
      const session = ended(store);
      await rig.announce(session);
      assert.equal((await endedDelivery(rig, session)).last?.problem, 'refused');
    }
    assert.deepEqual(rig.dialled, []);
  });
});

describe('the queue of webhooks', () => {
  it('holds no address, secret or picture link, and under 3 kB for each', async () => {
    await using rig = await openRig({
      schedule: [3600],
      answer: (r) => void r.writeHead(500).end(),
    });
    const session = ended();
    await rig.announce(session);
    await rig.recorded('webhook_failed');
    const job = await redis.hgetall(`wearon:bull:webhook:${session.sessionId}_platform`);
    const text = JSON.stringify(job);
    assert.doesNotMatch(text, /https?:|whsec_|@/);
    assert.ok(text.length < 3000, `${text.length} characters`);
    const bytes = await redis.memory('USAGE', `wearon:bull:webhook:${session.sessionId}_platform`);
    assert.ok(Number(bytes) < 3000, `${bytes} bytes`);
  });
});
