/** `/health` of a real worker says when no picture can be made although the worker runs, and why. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { startDraining, stopDraining } from '../../src/adapters/redis/drain.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop, orderTryOn, push, settledRow } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { metricsOf, readiness } from '../support/worker-status.ts';

const QUICK = { METRICS_INTERVAL_SECONDS: '1', BREAKER_COOLDOWN_SECONDS: '1' };

const shop = afterTests.use(await openShop());
const worker = afterTests.use(await startWorkerProcess({ ...shop.stack.env, ...QUICK }));

interface Health {
  readonly code: number;
  readonly status: string;
  readonly warnings: readonly string[];
}

async function health({ address } = worker): Promise<Health> {
  const answer = await fetch(`${address}/health`);
  return { code: answer.status, ...((await answer.json()) as Omit<Health, 'code'>) };
}

/** Waits until `/health` warns of it; then it must be degraded, while the worker stays ready. */
async function isDegraded(by: RegExp, process = worker): Promise<void> {
  const seen = await until(`/health to warn of ${by}`, async () => {
    const now = await health(process);
    return now.warnings.some((warning) => by.test(warning)) ? now : null;
  });
  assert.deepEqual([seen.code, seen.status], [503, 'degraded']);
}

const isOk = () => until('/health to be ok', async () => (await health()).status === 'ok');

describe('/health', () => {
  it('is degraded while Supabase answers 503, and says since when', async () => {
    await isOk();
    const fault = {
      kind: 'status',
      status: 503,
      body: { message: 'down' },
      times: Infinity,
    } as const;
    shop.stack.supabase.faults.add({ ...fault, path: /^\/rest\// });
    await isDegraded(/^Supabase database answers 503, since 20\d\d-/);
    const metrics = await metricsOf(worker);
    assert.match(metrics, /^wearon_supabase_up\{service="database"\} 0$/m);
    assert.match(metrics, /^wearon_supabase_up\{service="storage"\} 1$/m);
    assert.equal(await readiness(worker), 200);
    shop.stack.supabase.faults.clear();
    await isOk();
    assert.equal((await worker.logged('supabase_unavailable')).service, 'database');
    await worker.logged('supabase_available');
  });

  it('is degraded while the intake is drained', async () => {
    await startDraining(shop.platform.redis);
    await isDegraded(/drained since 20\d\d-.*drain --off/);
    await stopDraining(shop.platform.redis);
    await isOk();
  });

  it('is degraded while the breaker is open, with the code and the time', async () => {
    const quota = { error: { code: 'insufficient_quota', type: 'insufficient_quota' } };
    const path = /images\/edits/;
    shop.stack.openai.faults.add({
      kind: 'status',
      status: 429,
      body: quota,
      path,
      times: Infinity,
    });
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    await push(shop.platform, tryOn);
    await isDegraded(/^paid calls are stopped: PROVIDER_REFUSES_SERVICE, since 20\d\d-/);
    shop.stack.openai.faults.clear();
    await settledRow(shop, tryOn);
    await isOk();
  });

  it('is degraded from the start on with a key that the vendor refuses', async () => {
    await using other = await startWorkerProcess({ ...shop.stack.env, OPENAI_API_KEY: 'sk-wrong' });
    await isDegraded(/^OPENAI_API_KEY is refused, since 20\d\d-/, other);
  });
});
