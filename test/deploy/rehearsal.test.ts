/**
 * A rehearsal of the rolling update: two workers under load behind nginx, each stopped and started
 * anew in turn, as deploy/rolling-update.sh does it. Nothing may fail, be lost, or be paid twice.
 * Without nginx all but the requests from outside is rehearsed.
 */
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onFreePort } from '../../local/loopback.ts';
import { until } from '../../local/until.ts';
import { table } from '../../src/cli/table.ts';
import { readBystander, verify } from '../burst/invariants.ts';
import { drawMarked } from '../burst/marked-pictures.ts';
import { Customers, unfinished } from '../burst/orders.ts';
import { chanceFrom } from '../burst/random.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { type LogLine, startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { startNginx, whyNoNginx } from './nginx.ts';

const ADDRESSES = ['127.0.0.1', '127.0.0.2'];
/** Long enough that every worker has paid calls under way when it is stopped. */
const MODEL_LATENCY_MS = 400;
const CONCURRENCY = 5;
/** More than both workers together do at once, so that some wait all the time. */
const UNFINISHED = 16;
const BATCH = 4;
/** Stays below what nginx lets one client ask. */
const BETWEEN_QUESTIONS_MS = 60;
const BEGINS = 'generation_processing';
const ENDS = ['generation_completed', 'generation_retried', 'generation_interrupted'];

interface Stop {
  readonly worker: string;
  readonly underWay: number;
  readonly finished: number;
  readonly requeued: number;
  readonly stopSeconds: number;
  readonly awaySeconds: number;
}

it('a rolling update under load loses, refuses and repeats nothing', async (t) => {
  const latencyMs = MODEL_LATENCY_MS;
  await using shop = await openShop({ openai: { draw: drawMarked, latencyMs } });
  const customers = await Customers.create(shop.platform, {
    ...chanceFrom(1),
    // Every order is one that can be served.
    happens: () => false,
  });
  const before = await readBystander(shop, customers);
  await using parts = new AsyncDisposableStack();
  const start = (host: string, port: number) =>
    startWorkerProcess({
      ...shop.stack.env,
      HOST: host,
      PORT: String(port),
      POSE_WORKERS: '1',
      WORKER_CONCURRENCY: String(CONCURRENCY),
      OPENAI_RATE_LIMIT_PER_MINUTE: '6000',
      LOG_LEVEL: 'info',
    });
  const { port, workers } = await onFreePort(async (free) => {
    const started = await Promise.all(ADDRESSES.map((host) => start(host, free)));
    return { port: free, workers: started };
  });
  parts.defer(async () => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
  });
  const missing = whyNoNginx();
  const nginx = missing === null ? parts.use(await startNginx(ADDRESSES, port)) : null;

  const over = new AbortController();
  const load = keepOrdering(shop, customers, over.signal);
  const outside = nginx === null ? null : keepAsking(nginx.httpsPort, over.signal);
  const stops: Stop[] = [];
  for (const [index, host] of ADDRESSES.entries()) {
    const old = workers[index];
    assert.ok(old !== undefined);
    const { stop, fresh } = await replace(old, () => start(host, port));
    workers[index] = fresh;
    stops.push({ worker: host, ...stop });
  }
  // The new ones must have worked, too.
  await Promise.all(workers.map((worker) => worker.logged('generation_completed')));
  over.abort();
  await load;
  const answers = (await outside) ?? new Map<string, number>();

  await until('every order to end', async () => (await unfinished(shop)) === 0);
  const verdict = await verify(shop, customers, before);
  t.diagnostic(`\n${timesOf(stops)}\n\n${customers.orders.length} try-ons ordered meanwhile: \
${verdict.completed} completed, ${verdict.failed} failed, ${verdict.refunded} refunded, \
${shop.stack.openai.calls.length} paid calls\nfrom outside: ${askedOutside(answers, missing)}`);

  assert.deepEqual(verdict.violations, []);
  assert.equal(verdict.failed, 0);
  assert.equal(verdict.completed, customers.orders.length);
  assert.equal(shop.stack.openai.calls.length, customers.orders.length, 'each is paid once');
  assert.ok(stops.every(({ underWay }) => underWay > 0));
  for (const answer of answers.keys())
    assert.match(answer, /^(GET \/livez 200|POST \/estimate-body 422)$/);
});

/** Stops the worker while it has attempts under way, and starts the next one when it is gone. */
async function replace(
  old: WorkerProcess,
  start: () => Promise<WorkerProcess>,
): Promise<{ stop: Omit<Stop, 'worker'>; fresh: WorkerProcess }> {
  await until('attempts under way', () => underWay(old.lines) >= CONCURRENCY / 2);
  const seen = old.lines.length;
  const running = underWay(old.lines);
  const beganMs = performance.now();
  assert.equal(await old.end('SIGTERM'), 0);
  const stoppedMs = performance.now();
  const fresh = await start();
  await until('the new one to be ready', async () => (await fetch(`${fresh.address}/readyz`)).ok);
  const last = old.lines.slice(seen);
  const count = (event: string) => last.filter(({ message }) => message === event).length;
  const stop = {
    underWay: running,
    finished: count('generation_completed'),
    requeued: count('generation_interrupted'),
    stopSeconds: (stoppedMs - beganMs) / 1000,
    awaySeconds: (performance.now() - beganMs) / 1000,
  };
  return { stop, fresh };
}

function underWay(lines: readonly LogLine[]): number {
  const sessions = new Set<unknown>();
  for (const { message, session_id } of lines) {
    if (message === BEGINS) sessions.add(session_id);
    else if (ENDS.includes(message)) sessions.delete(session_id);
  }
  return sessions.size;
}

/** Orders whenever there is too little to do. */
async function keepOrdering(shop: Shop, customers: Customers, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    if ((await unfinished(shop)) < UNFINISHED) await customers.order(BATCH);
    else await sleep(10);
  }
}

/** Asks through nginx, one question after the other; resolves with how often each was answered how. */
async function keepAsking(port: number, over: AbortSignal): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  while (!over.aborted) {
    for (const [method, path] of [
      ['GET', '/livez'],
      ['POST', '/estimate-body'],
    ] as const) {
      const answer = `${method} ${path} ${await statusOf(port, method, path)}`;
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    await sleep(BETWEEN_QUESTIONS_MS);
  }
  return answers;
}

/** An estimate without a photo is refused by the worker itself. */
function statusOf(port: number, method: string, path: string): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const headers = { 'content-type': 'application/json' };
  const target = { host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false };
  const question = request(target, (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 'no status');
  });
  question.once('error', (error) => resolve(error.message));
  question.end(method === 'POST' ? '{}' : undefined);
  return promise;
}

function timesOf(stops: readonly Stop[]): string {
  const rows = stops.map((stop) => [
    stop.worker,
    stop.underWay,
    stop.finished,
    stop.requeued,
    stop.stopSeconds.toFixed(1),
    stop.awaySeconds.toFixed(1),
  ]);
  const headings = ['worker', 'under way', 'finished', 'requeued', 'stop s', 'away s'];
  return table(headings, rows, '');
}

function askedOutside(answers: ReadonlyMap<string, number>, missing: string | null): string {
  if (missing !== null) return `not asked, ${missing}`;
  return [...answers].map(([answer, count]) => `${count} × ${answer}`).join(', ');
}
