/** What a job that kills its process can do: see src/tryon/quarantine.ts. */
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { openShop, orderTryOn, push, rowOf, settledRow } from '../../test/support/shop.ts';
import { QUICK_RECOVERY, startWorkerProcess } from '../../test/support/worker-process.ts';
import type { Attack } from './attack.ts';

/** Beyond these the job counts as one that is never given up. */
const MOST_DEATHS = 6;

/** Processes that die of the job until its session has failed; another person's task is served. */
async function poisonJob(): Promise<number> {
  await using shop = await openShop();
  const { platform, stack } = shop;
  const [poison, other] = [
    await orderTryOn(platform, await createPerson(platform)),
    await orderTryOn(platform, await createPerson(platform)),
  ];
  const photo = stack.supabase.faults.add({
    kind: 'hang',
    path: new RegExp(new URL(poison.task.imageUrls[0] ?? '').pathname),
    times: Number.POSITIVE_INFINITY,
  });
  const isFailed = async () => (await rowOf(shop, poison))?.status === 'failed';
  await push(platform, poison, other);
  for (let deaths = 0; deaths < MOST_DEATHS; deaths += 1) {
    await using worker = await startWorkerProcess({ ...stack.env, ...QUICK_RECOVERY });
    // The photo never comes: its worker is killed as soon as it asks for it.
    await until(
      'the photo to be asked for, or the session to fail',
      async () => photo.hits > deaths || (await isFailed()),
      60_000,
    );
    if (photo.hits === deaths) {
      const { status } = await settledRow(shop, other);
      return status === 'completed' ? deaths : Number.NaN;
    }
    await worker.end('SIGKILL');
  }
  return MOST_DEATHS;
}

export const POISON_ATTACKS: readonly Attack[] = [
  {
    name: 'a job that kills its process',
    sent: 'a task whose process dies as soon as its photo is fetched',
    figure: 'processes ended until it is given up',
    before: '3',
    limit: 2,
    measure: poisonJob,
  },
];
