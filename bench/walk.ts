/**
 * `npm run bench:walk`: the pipeline's own cost, on the local stack with a provider that costs no time.
 * Its baseline is the image work alone, timed in the same run on the same machine.
 *
 * With `-- --against 'DIR::command'` another worker gets the same tasks in turns, and with
 * `-- --vendor-ms 500` this one alone a vendor of that speed (`walk/against.ts`); its memory with many
 * calls in flight is measured so. `--delay-ms 40` puts Supabase and the photos so far away,
 * `--megapixels 12` makes the photos larger, and `--person` has them show a person, so that their check has
 * its full cost.
 */
import { parseArgs } from 'node:util';
import type { TryOn } from '../local/platform.ts';
import { until } from '../local/until.ts';
import { Semaphore } from '../src/concurrency/semaphore.ts';
import { prepareImage } from '../src/tryon/resize.ts';
import { openShop, push, type Shop } from '../test/support/shop.ts';
import { startWorkerProcess, type WorkerProcess } from '../test/support/worker-process.ts';
import { countOf } from '../test/support/worker-status.ts';
import { machineName, quantile } from './timing.ts';
import { compareWith, measureThis } from './walk/against.ts';
import { parseContender } from './walk/contender.ts';
import { orders, photoOf } from './walk/orders.ts';

const UNPACED = { OPENAI_RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'info' };

/** Pushes all at once and returns the milliseconds until the last is completed. */
async function timeBurst(shop: Shop, worker: WorkerProcess, tryOns: readonly TryOn[]) {
  const due = countOf(worker, 'generation_completed') + tryOns.length;
  const startedAtMs = performance.now();
  await push(shop.platform, ...tryOns);
  await until(
    `${tryOns.length} tasks`,
    () => countOf(worker, 'generation_completed') >= due,
    600_000,
  );
  return performance.now() - startedAtMs;
}

/** The image work alone: two photos of one task, one after the other. */
async function imageWorkMs(photo: Buffer, rounds: number): Promise<number> {
  const memory = new Semaphore(Number.MAX_SAFE_INTEGER);
  const { signal } = new AbortController();
  const startedAtMs = performance.now();
  for (let round = 0; round < rounds * 2; round += 1) await prepareImage(photo, memory, signal);
  return (performance.now() - startedAtMs) / rounds;
}

async function run(): Promise<void> {
  await using shop = await openShop();
  const [small, large] = [await photoOf(1), await photoOf(12)];
  console.log(`${machineName()}\n`);
  const rows: [string, string][] = [];
  const baselineSmallMs = await imageWorkMs(small, 10);
  const baselineLargeMs = await imageWorkMs(large, 5);
  rows.push(['baseline: image work of a task, 2 x 1 MP', `${baselineSmallMs.toFixed(1)} ms`]);
  rows.push(['baseline: image work of a task, 2 x 12 MP', `${baselineLargeMs.toFixed(1)} ms`]);
  {
    await using worker = await startWorkerProcess({ ...shop.stack.env, ...UNPACED });
    await timeBurst(shop, worker, await orders(shop, 20, small));
    const hundredMs = (await timeBurst(shop, worker, await orders(shop, 100, small))) / 100;
    const thousandMs = (await timeBurst(shop, worker, await orders(shop, 1000, small))) / 1000;
    rows.push(['tasks/s, 100 queued, 2 x 1 MP', (1000 / hundredMs).toFixed(1)]);
    rows.push(['tasks/s, 1,000 queued', (1000 / thousandMs).toFixed(1)]);
    rows.push([
      'time per task, 1,000 against 100 queued',
      `x ${(thousandMs / hundredMs).toFixed(2)}`,
    ]);
    rows.push([
      'time per task against its image work',
      `x ${(thousandMs / baselineSmallMs).toFixed(2)}`,
    ]);
    const times: number[] = [];
    for (const tryOn of await orders(shop, 20, large))
      times.push(await timeBurst(shop, worker, [tryOn]));
    const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)];
    rows.push([
      'LPUSH → completed, 2 x 12 MP, p50',
      `${p50.toFixed(0)} ms = x ${(p50 / baselineLargeMs).toFixed(2)}`,
    ]);
    rows.push([
      'LPUSH → completed, 2 x 12 MP, p95',
      `${p95.toFixed(0)} ms = x ${(p95 / baselineLargeMs).toFixed(2)}`,
    ]);
  }
  for (const [what, value] of rows) console.log(`  ${what.padEnd(48)} ${value}`);
}

/** The stack keeps the requests of about a thousand tasks, which the summary counts. */
const MOST_TASKS = 1000;

const LONGEST_VENDOR_MS = 120_000;
const LONGEST_DELAY_MS = 1_000;
const MOST_MEGAPIXELS = 50;

function countIn(option: string, text: string, least = 1, most = MOST_TASKS): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new RangeError(
    `--${option} must be a whole number from ${least} to ${most}, not "${text}"`,
  );
}

const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    tasks: { type: 'string', default: '100' },
    alone: { type: 'string', default: '20' },
    'vendor-ms': { type: 'string' },
    'delay-ms': { type: 'string', default: '0' },
    megapixels: { type: 'string', default: '1' },
    person: { type: 'boolean', default: false },
  },
});
const amount = {
  tasks: countIn('tasks', options.tasks),
  alone: countIn('alone', options.alone),
  vendorMs: countIn('vendor-ms', options['vendor-ms'] ?? '0', 0, LONGEST_VENDOR_MS),
  delayMs: countIn('delay-ms', options['delay-ms'], 0, LONGEST_DELAY_MS),
  megapixels: countIn('megapixels', options.megapixels, 1, MOST_MEGAPIXELS),
  person: options.person,
};
if (options.against !== undefined) await compareWith(parseContender(options.against), amount);
else if (options['vendor-ms'] !== undefined) await measureThis(amount);
else await run();
