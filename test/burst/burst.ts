/**
 * A burst of mixed orders under random faults, and whether everything held afterwards.
 */
import { until } from '../../local/until.ts';
import { PREFIX, REFUND_QUEUE } from '../../src/adapters/redis/jobs/bullmq.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { QUICK_RECOVERY } from '../support/worker-process.ts';
import { readBystander, type Verdict, verify } from './invariants.ts';
import { drawMarked } from './marked-pictures.ts';
import { Customers, unfinished } from './orders.ts';
import { chanceFrom } from './random.ts';
import { Replica } from './replica.ts';
import { storm, type Weather } from './storm.ts';

export interface BurstOptions {
  readonly kills: number;
  readonly seed: number;
  /** Environment of the workers in addition to the stack's. */
  readonly env?: Record<string, string>;
  /** Gets a line now and then. */
  readonly report?: (line: string) => void;
}

export interface BurstResult extends Verdict {
  readonly orders: number;
  readonly strays: number;
  readonly weather: Weather;
  /** From the kill to the next sign of work on the session, for each attempt that was cut off. */
  readonly orphanMs: readonly number[];
}

const BATCH = 8;
const FEWEST_UNFINISHED = 8;
/** Slow enough that calls are under way when something happens. */
const MODEL_LATENCY_MS = 150;
const QUIET_LIMIT_MS = 600_000;

const WORKER_ENV = {
  ...QUICK_RECOVERY,
  LOG_LEVEL: 'info',
  WORKER_CONCURRENCY: '8',
  OPENAI_RATE_LIMIT_PER_MINUTE: '6000',
  // A task that only rescue could find again must show as lost.
  RESCUE_MIN_AGE_SECONDS: '86400',
  POSE_WORKERS: '1',
};

/** Runs it from start to end; the seed repeats orders, troubles and their order, but no timing. */
export async function runBurst({
  kills,
  seed,
  env = {},
  report,
}: BurstOptions): Promise<BurstResult> {
  const chance = chanceFrom(seed);
  await using shop = await openShop({ openai: { draw: drawMarked, latencyMs: MODEL_LATENCY_MS } });
  const workerEnv = { ...shop.stack.env, ...WORKER_ENV, ...env };
  await using first = new Replica(workerEnv);
  await using second = new Replica(workerEnv);
  const replicas = [first, second] as const;
  const customers = await Customers.create(shop.platform, chance);
  const before = await readBystander(shop, customers);
  const order = async () => {
    if ((await unfinished(shop)) > FEWEST_UNFINISHED) return;
    // The platform's own requests must not run into the troubles meant for the workers.
    shop.stack.supabase.faults.clear();
    await customers.order(BATCH);
    report?.(`${first.kills + second.kills} kills, ${customers.orders.length} orders`);
  };
  const weather = await storm(shop.stack, [...replicas], { kills, chance, order });
  report?.('the storm is over');
  await quiet(shop);
  const verdict = await verify(shop, customers, before);
  await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  const { orders, strays } = customers;
  return { ...verdict, orders: orders.length, strays, weather, orphanMs: orphanTimes(replicas) };
}

/** Every session has ended, and no refund is under way. */
async function quiet(shop: Shop): Promise<void> {
  await until(
    'everything to end',
    async () => (await unfinished(shop)) === 0 && (await refundsUnderWay(shop)) === 0,
    QUIET_LIMIT_MS,
  );
}

/** In one moment: a refund moves from one of the places to another. */
async function refundsUnderWay({ platform }: Shop): Promise<number> {
  const key = (place: string) => `${PREFIX}:${REFUND_QUEUE}:${place}`;
  const places = platform.redis.multi().llen(key('wait')).llen(key('active'));
  const counts = await places.zcard(key('delayed')).exec();
  return (counts ?? []).reduce((sum, [, count]) => sum + Number(count), 0);
}

/**
 * How long each orphan waited for the next word about it, from any process. One of which nothing
 * more was said had ended: its last line was lost with its process.
 */
function orphanTimes(replicas: readonly Replica[]): number[] {
  const said = Map.groupBy(
    replicas.flatMap((replica) => replica.said),
    ({ sessionId }) => sessionId,
  );
  return replicas
    .flatMap(({ orphans }) => orphans)
    .map(({ sessionId, killedAtMs }) => {
      const next = (said.get(sessionId) ?? [])
        .map(({ atMs }) => atMs)
        .filter((atMs) => atMs > killedAtMs);
      return Math.min(...next) - killedAtMs;
    })
    .filter(Number.isFinite);
}
