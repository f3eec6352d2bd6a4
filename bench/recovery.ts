/**
 * `npm run bench:recovery`: how long the worker takes to go on after faults of Redis, and how many
 * paid calls they repeat, on the local stack with a job lock of 2 s. Prints a Markdown table.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { withRedis } from '../test/support/redis.ts';
import { type OutageOptions, type OutageScene, openOutage } from '../test/support/redis-outage.ts';
import { openShop, type Shop } from '../test/support/shop.ts';
import { fixed, machineName, printTable } from './timing.ts';

const TASKS = 6;

interface Fault extends OutageOptions {
  readonly what: string;
  /** Breaks Redis and repairs it; the time to recovery counts from its end. */
  readonly happen: (scene: OutageScene, shop: Shop) => Promise<void>;
}

const AWAY_MS = 5000;

async function beAway({ gateway }: OutageScene): Promise<void> {
  const { target } = gateway;
  gateway.target = null;
  gateway.cut();
  await sleep(AWAY_MS);
  gateway.target = target;
}

async function beFull(_scene: OutageScene, { stack }: Shop): Promise<void> {
  await withRedis(stack.redis.url, async (redis) => {
    await redis.config('SET', 'maxmemory', '1');
    await sleep(AWAY_MS);
    await redis.config('SET', 'maxmemory', '0');
  });
}

async function beReadOnly(_scene: OutageScene, { stack }: Shop): Promise<void> {
  await withRedis(stack.redis.url, async (redis) => {
    await redis.config('SET', 'replica-serve-stale-data', 'yes');
    await redis.replicaof('127.0.0.1', 1);
    await sleep(AWAY_MS);
    await redis.replicaof('NO', 'ONE');
  });
}

const LONG = { callMs: 8000 };
const FAULTS: readonly Fault[] = [
  { what: 'failover, connections stay open', callMs: 3000, happen: (scene) => scene.failOver() },
  { what: 'away for 2.5 locks, one worker', ...LONG, happen: beAway },
  { what: 'away for 2.5 locks, two workers', ...LONG, workers: 2, happen: beAway },
  { what: 'memory full for 2.5 locks', ...LONG, happen: beFull },
  { what: 'read-only for 2.5 locks', ...LONG, happen: beReadOnly },
];

/** One row: half the tasks have calls under way at the fault, the other half come after it. */
async function measure(shop: Shop, { what, happen, ...options }: Fault): Promise<unknown[]> {
  await using scene = await openOutage(shop, options);
  const early = await scene.push(TASKS / 2);
  await scene.calls(TASKS / 2);
  const linesBefore = errorLines(scene);
  await happen(scene, shop);
  const startedAtMs = performance.now();
  const late = await scene.push(TASKS / 2);
  await scene.calls(TASKS);
  const seconds = (performance.now() - startedAtMs) / 1000;
  const statuses = await scene.ended([...early, ...late]);
  const completed = statuses.filter((status) => status === 'completed').length;
  const lines = errorLines(scene) - linesBefore;
  return [what, fixed(seconds), `${completed} of ${TASKS}`, scene.callCount - TASKS, lines];
}

function errorLines({ workers }: OutageScene): number {
  const lines = workers.flatMap((worker) => worker.lines);
  return lines.filter(({ level }) => level === 'error').length;
}

const rows: unknown[][] = [];
await using shop = await openShop();
for (const fault of FAULTS) rows.push(await measure(shop, fault));
console.log(`${machineName()}\n`);
const HEAD = ['Redis', 's until new calls go out', 'completed', 'second paid calls', 'error lines'];
printTable(HEAD, rows);
