/**
 * `npm run bench:recovery`: how long the worker takes to go on after faults of Redis, Supabase and
 * the clock, and how many paid calls they repeat, on the local stack with a job lock of 2 s. Prints
 * a Markdown table.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestMatch } from '../local/faults.ts';
import { withRedis } from '../test/support/redis.ts';
import { type OutageOptions, type OutageScene, openOutage } from '../test/support/redis-outage.ts';
import { openShop, type Shop } from '../test/support/shop.ts';
import { fixed, machineName, printTable } from './timing.ts';

const TASKS = 6;

interface Trouble extends OutageOptions {
  readonly what: string;
  /** Breaks something and repairs it; the time to recovery counts from its end. */
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

/** While it lasts, the requests that match get this answer of Supabase. */
function answered(match: RequestMatch, answer: Answer) {
  return async (_scene: OutageScene, { stack }: Shop): Promise<void> => {
    const fault = stack.supabase.faults.add({ ...match, ...answer, times: Infinity });
    await sleep(AWAY_MS);
    fault.release();
  };
}

type Answer = { readonly kind: 'status'; readonly status: number; readonly body: object };

const UPLOAD = { method: 'POST', path: /\/object\/virtual/ };
const DOWN: Answer = { kind: 'status', status: 503, body: { message: 'down' } };
const FULL: Answer = {
  kind: 'status',
  status: 500,
  body: { statusCode: '500', error: 'Internal', message: 'ENOSPC: no space left on device' },
};

/** The calls' pictures are stored, and no answer says so. */
async function loseAnswers({ callCount }: OutageScene, { stack }: Shop): Promise<void> {
  const picture = { ...UPLOAD, path: /\/object\/virtual.*\/generated\// };
  stack.supabase.faults.add({ ...picture, kind: 'drop-after', times: callCount });
}

async function takeNoJpeg(_scene: OutageScene, { stack }: Shop): Promise<void> {
  const set = 'update storage.buckets set allowed_mime_types = $1';
  await stack.database.query(set, [['image/png']]);
  await sleep(AWAY_MS);
  await stack.database.query(set, [['image/jpeg', 'image/png', 'image/webp']]);
}

async function setBack({ workers }: OutageScene): Promise<void> {
  for (const { process } of workers) process.kill('SIGUSR2');
}

const ODD_CLOCK = `--import=${new URL('../test/support/odd-clock.ts', import.meta.url).href}`;

/** A worker whose clock is ahead by so much from its start on, or from SIGUSR2 on. */
function clockAhead(seconds: number, from: 'start' | 'signal') {
  const jumps = from === 'signal' ? { CLOCK_JUMPS: '1' } : {};
  return { NODE_OPTIONS: ODD_CLOCK, CLOCK_AHEAD_MS: String(seconds * 1000), ...jumps };
}

const LONG = { callMs: 8000 };
const SHORT = { callMs: 3000 };
const TROUBLES: readonly Trouble[] = [
  {
    what: 'Redis fails over, connections stay open',
    ...SHORT,
    happen: (scene) => scene.failOver(),
  },
  { what: 'Redis is away for 2.5 locks, one worker', ...LONG, happen: beAway },
  { what: 'Redis is away for 2.5 locks, two workers', ...LONG, workers: 2, happen: beAway },
  { what: "Redis' memory is full for 2.5 locks", ...LONG, happen: beFull },
  { what: 'Redis is read-only for 2.5 locks', ...LONG, happen: beReadOnly },
  { what: 'Supabase answers 503 for 5 s', ...SHORT, happen: answered({}, DOWN) },
  { what: 'Storage is full for 5 s', ...SHORT, happen: answered(UPLOAD, FULL) },
  { what: 'the bucket takes no JPEG for 5 s', ...SHORT, happen: takeNoJpeg },
  { what: "the uploads' answers are lost", ...SHORT, happen: loseAnswers },
  {
    what: 'the clock is set back by 100 s',
    ...SHORT,
    env: clockAhead(-100, 'signal'),
    happen: setBack,
  },
  {
    what: 'the clock is 20 s ahead',
    ...SHORT,
    env: clockAhead(20, 'start'),
    happen: async () => undefined,
  },
];

/** One row: half the tasks have calls under way at the fault, the other half come after it. */
async function measure(shop: Shop, { what, happen, ...options }: Trouble): Promise<unknown[]> {
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
for (const trouble of TROUBLES) rows.push(await measure(shop, trouble));
console.log(`${machineName()}\n`);
const HEAD = [
  'what fails',
  's until new calls go out',
  'completed',
  'second paid calls',
  'error lines',
];
printTable(HEAD, rows);
