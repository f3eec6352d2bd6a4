/** What one owner's tasks can do to the others' slots: see src/adapters/redis/jobs/fair-queue.ts. */
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { attemptsFor } from '../../src/tryon/call-slots.ts';
import { openShop, orderMany, orderTryOn, push, settledRow } from '../../test/support/shop.ts';
import { startWorkerProcess } from '../../test/support/worker-process.ts';
import type { Attack } from './attack.ts';

const TASKS = 20;
const SLOTS = 4;

/** Seconds until another person's task is completed, behind the tasks whose photos never come. */
async function stallingLinks(): Promise<number> {
  await using shop = await openShop();
  const { platform, stack } = shop;
  const attacker = await createPerson(platform, { credits: TASKS });
  const orders = await orderMany(platform, attacker, TASKS);
  const other = await orderTryOn(platform, await createPerson(platform));
  const names = orders.map(({ task }) => new URL(task.imageUrls[0] ?? '').pathname);
  const path = new RegExp(names.join('|'));
  const stalled = stack.supabase.faults.add({
    kind: 'hang',
    path,
    times: Number.POSITIVE_INFINITY,
  });
  await using _worker = await startWorkerProcess({
    ...stack.env,
    WORKER_CONCURRENCY: String(SLOTS),
  });
  await push(platform, ...orders);
  await until('all attempts to stall', () => stalled.hits >= attemptsFor(SLOTS), 60_000);
  const startedAtMs = performance.now();
  await push(platform, other);
  await settledRow(shop, other);
  return (performance.now() - startedAtMs) / 1000;
}

export const SLOT_ATTACKS: readonly Attack[] = [
  {
    name: 'links that stall, for the others',
    sent: `${TASKS} tasks of one person whose photos never come, to ${SLOTS} slots`,
    figure: "seconds until another person's picture is there",
    before: '421',
    limit: 30,
    measure: stallingLinks,
  },
];
