/**
 * Storage that answers as it really does while it restarts or refuses: what is stored stays paid
 * once, and what cannot be stored is not paid.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPerson, type TryOn } from '../../local/platform.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { orderTryOn, push, settledRow } from '../support/shop.ts';

const crash = useCrashShop();

const UPLOAD = { method: 'POST', path: /\/object\/virtual.*\/generated\// } as const;
const SIGN = { method: 'POST', path: /\/object\/sign\/.*\/generated\// } as const;
/** What the gateway in front of Storage answers while Storage restarts. */
const NO_ROUTE = {
  kind: 'status',
  status: 404,
  body: { message: 'no Route matched with those values' },
} as const;

/** A try-on whose worker was killed when its picture had just been stored. */
async function killedAfterUpload(): Promise<TryOn> {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const stored = stack.supabase.faults.add({ ...UPLOAD, kind: 'hold-after' });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await stored.hit;
  await worker.end('SIGKILL');
  stored.release();
  return tryOn;
}

async function assertDelivered(tryOn: TryOn): Promise<void> {
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed', row.error_message);
}

it('a stored picture is not paid again while Storage restarts', async () => {
  const before = crash.paidCalls();
  const tryOn = await killedAfterUpload();
  crash.shop.stack.supabase.faults.add({ ...SIGN, ...NO_ROUTE, times: 2 });
  await crash.startWorker();
  await assertDelivered(tryOn);
  assert.equal(crash.paidCalls() - before, 1);
});

it('the rescue does not refund a stored picture while Storage restarts', async () => {
  const tryOn = await killedAfterUpload();
  await crash.shop.platform.redis.flushall();
  crash.shop.stack.supabase.faults.add({ ...SIGN, ...NO_ROUTE, times: 2 });
  await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '0' });
  await assertDelivered(tryOn);
});
