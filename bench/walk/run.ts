/** One run of one worker: started, given the same tasks as the other one, measured, ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TryOn } from '../../local/platform.ts';
import type { LoggedRequest } from '../../local/supabase/server.ts';
import { until } from '../../local/until.ts';
import { push, type Shop } from '../../test/support/shop.ts';
import { type Contender, modelsLoaded, startContender } from './contender.ts';
import { orders } from './orders.ts';
import { cpuMsOf, pssMbOf } from './process-tree.ts';

export interface Load {
  /** Tasks that are pushed at once. */
  readonly tasks: number;
  /** Tasks that are pushed one after the other. */
  readonly alone: number;
  readonly photo: Buffer;
}

/** Null where it could not be measured. */
export interface Run {
  readonly startMs: number;
  /** With the pose models loaded. */
  readonly restingPssMb: number | null;
  readonly tasksPerSecond: number;
  /** LPUSH → completed of each task that was alone. */
  readonly waitsMs: readonly number[];
  readonly cpuMsPerTask: number | null;
  /** Of the local stack, this process included: it shares the processors with the worker. */
  readonly stackCpuMsPerTask: number | null;
  readonly peakPssMb: number | null;
  /** Without downloads of photos. */
  readonly requestsPerTask: number | null;
}

const WARM_UP_TASKS = 5;
const COMPLETION_LIMIT_MS = 600_000;
/** Log lines, analytics and clean-up that follow a task's completion. */
const AFTERWARDS_MS = 1_000;
const SAMPLE_MS = 200;

/** Starts the worker with `env`, gives it `load`, and ends it. Throws when a task fails. */
export async function measureRun(
  shop: Shop,
  contender: Contender,
  env: Readonly<Record<string, string>>,
  { tasks, alone, photo }: Load,
): Promise<Run> {
  await using worker = await startContender(contender, env);
  const areLoaded = await modelsLoaded(worker);
  await sleep(AFTERWARDS_MS);
  const restingPssMb = areLoaded ? pssMbOf(worker.pid) : null;
  await complete(shop, await orders(shop, WARM_UP_TASKS, photo));
  const queued = await orders(shop, tasks, photo);
  await sleep(AFTERWARDS_MS);
  const lastRequest = shop.stack.supabase.requests.at(-1);
  const before = cpuMsOfBoth(worker.pid);
  const peak = samplePeak(() => pssMbOf(worker.pid));
  const burstMs = await complete(shop, queued).finally(() => peak.stop());
  await sleep(AFTERWARDS_MS);
  const after = cpuMsOfBoth(worker.pid);
  const requests = requestsSince(lastRequest, shop.stack.supabase.requests);
  const waitsMs: number[] = [];
  for (const tryOn of await orders(shop, alone, photo)) waitsMs.push(await complete(shop, [tryOn]));
  return {
    startMs: worker.startMs,
    restingPssMb,
    tasksPerSecond: (tasks * 1000) / burstMs,
    waitsMs,
    cpuMsPerTask: before && after && (after.workerMs - before.workerMs) / tasks,
    stackCpuMsPerTask: before && after && (after.stackMs - before.stackMs) / tasks,
    peakPssMb: peak.value(),
    requestsPerTask: requests === null ? null : requests / tasks,
  };
}

/** The worker is a child of this process, like the stack's servers. Null where it cannot be measured. */
function cpuMsOfBoth(worker: number) {
  const [workerMs, allMs] = [cpuMsOf(worker), cpuMsOf(process.pid)];
  return workerMs === null || allMs === null ? null : { workerMs, stackMs: allMs - workerMs };
}

/** Pushes all at once; the milliseconds until the database says completed of all. */
async function complete(shop: Shop, tryOns: readonly TryOn[]): Promise<number> {
  const ids = tryOns.map(({ sessionId }) => sessionId);
  const startedAtMs = performance.now();
  await push(shop.platform, ...tryOns);
  const areCompleted = async () => {
    const { rows } = await shop.stack.database.query(
      `select count(*) filter (where status = 'completed')::int as completed,
              max(error_message) filter (where status = 'failed') as failure
       from store_generation_sessions where id = any($1)`,
      [ids],
    );
    if (rows[0].failure !== null) throw new Error(`A task failed: ${rows[0].failure}`);
    return rows[0].completed === ids.length;
  };
  await until(`${ids.length} tasks to be completed`, areCompleted, COMPLETION_LIMIT_MS);
  return performance.now() - startedAtMs;
}

/** Null when the list no longer goes back to `last`. */
export function requestsSince(
  last: LoggedRequest | undefined,
  requests: readonly LoggedRequest[],
): number | null {
  if (last === undefined) return requests.length;
  const at = requests.lastIndexOf(last);
  if (at === -1) return null;
  const isDownload = ({ method, path }: LoggedRequest) =>
    method === 'GET' && path.startsWith('/storage/v1/object/');
  return requests.slice(at + 1).filter((request) => !isDownload(request)).length;
}

function samplePeak(sample: () => number | null) {
  let peak = sample();
  const timer = setInterval(() => {
    const value = sample();
    if (value !== null) peak = Math.max(peak ?? 0, value);
  }, SAMPLE_MS);
  return { stop: () => clearInterval(timer), value: () => peak };
}
