/**
 * What the tests of the crash matrix share: a shop, and workers that are gone after every test.
 */
import { after, afterEach, before, beforeEach } from 'node:test';
import { openShop, type Shop } from './shop.ts';
import { QUICK_RECOVERY, startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** The upload of a picture to the bucket, not its signing. */
export const UPLOAD = { method: 'POST', path: /\/object\/virtual.*\/generated\// } as const;

export interface CrashShop {
  readonly shop: Shop;
  /** A worker that recovers quickly; killed after the test. */
  startWorker(env?: Record<string, string>): Promise<WorkerProcess>;
  /** Requests for a picture that have reached the image model in this test. */
  paidCalls(): number;
  /** Predictions that the second provider has created in this test. */
  predictions(): number;
}

/** Opens the shop before the file's tests; the returned object may be used inside tests only. */
export function useCrashShop(): CrashShop {
  const running = new Set<WorkerProcess>();
  let shop: Shop | undefined;
  let callsBefore = 0;
  let predictionsBefore = 0;
  const opened = () => {
    if (shop === undefined) throw new Error('The shop is open in tests only');
    return shop;
  };
  before(async () => {
    shop = await openShop();
  });
  beforeEach(() => {
    callsBefore = opened().stack.openai.calls.length;
    predictionsBefore = opened().stack.replicate.predictions.length;
  });
  afterEach(async () => {
    opened().stack.supabase.faults.clear();
    opened().stack.openai.faults.clear();
    opened().stack.openai.latencyMs = 0;
    opened().stack.replicate.faults.clear();
    Object.assign(opened().stack.replicate, { startMs: 0, runMs: 0, failWith: null });
    await Promise.all([...running].map((worker) => worker[Symbol.asyncDispose]()));
    running.clear();
    await opened().platform.redis.flushall();
  });
  after(() => shop?.[Symbol.asyncDispose]());
  return {
    get shop() {
      return opened();
    },
    paidCalls: () => opened().stack.openai.calls.length - callsBefore,
    predictions: () => opened().stack.replicate.predictions.length - predictionsBefore,
    async startWorker(env = {}) {
      const worker = await startWorkerProcess({ ...opened().stack.env, ...QUICK_RECOVERY, ...env });
      running.add(worker);
      return worker;
    },
  };
}
