/** A job whose process dies with it: once with others, once alone, and no more. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, assertRefundedOnce, orderTryOn, push } from '../support/shop.ts';

const crash = useCrashShop();

it('a job that kills its process takes no one’s paid call with it twice', async () => {
  const { platform, stack } = crash.shop;
  const order = async () => orderTryOn(platform, await createPerson(platform));
  const [poison, ...innocents] = [await order(), await order(), await order()];
  const path = new URL(String(JSON.parse(poison.message).image_urls[0])).pathname;
  // The photo never comes: what kills the process is this test, as soon as it is asked for.
  const photo = stack.supabase.faults.add({ kind: 'hang', path: new RegExp(path), times: 1000 });
  const asked = () => stack.supabase.faults.arrived({ path: new RegExp(path) });

  const held = stack.openai.faults.add({ method: 'POST', kind: 'hold-after', times: 2 });
  const first = await crash.startWorker();
  await push(platform, ...innocents);
  for (const { sessionId } of innocents) {
    await first.logged('provider_call_started', { sessionId });
  }
  const askedWithOthers = asked();
  await push(platform, poison);
  await askedWithOthers;
  await first.end('SIGKILL');
  held.release();

  const askedAlone = asked();
  const second = await crash.startWorker();
  await askedAlone;
  await second.logged('attempt_quarantined', poison);
  const count = (message: string) => second.lines.filter((l) => l.message === message).length;
  assert.equal(count('provider_call_started'), count('generation_completed'));
  await second.end('SIGKILL');

  const third = await crash.startWorker();
  const failed = await third.logged('generation_failed', poison);
  assert.equal(failed.code, 'ABANDONED');
  await third.logged('credit_refunded', poison);
  await assertRefundedOnce(crash.shop, poison);
  await assertCompleted(crash.shop, ...innocents);
  assert.equal(photo.hits, 2);
  assert.ok(crash.paidCalls() <= 2 * innocents.length, `${crash.paidCalls()} calls`);
});
