/**
 * Downloads and prepares the photos of many tasks at once from the image host named as argument, and
 * prints the most memory that the process held, in 10^6 bytes.
 */
import { WebImageFetcher } from '../../../src/adapters/web/image-fetcher.ts';
import { Semaphore } from '../../../src/concurrency/semaphore.ts';
import { ByteBudget, DOWNLOAD_BUDGET_BYTES } from '../../../src/images/byte-budget.ts';
import { configureDecoders, DECODE_BUDGET_BYTES } from '../../../src/images/decode.ts';
import { prepare } from '../../../src/tryon/prepare.ts';
import { taskWith } from '../tryon/task.ts';
import { peakRssMb } from './peak-memory.ts';

const [origin = '', tasks = '1', photos = '16'] = process.argv.slice(2);
configureDecoders();
await using fetcher = new WebImageFetcher({ trustedOrigins: [origin], hostAllowlist: null });
const deps = {
  fetcher,
  downloads: new ByteBudget(DOWNLOAD_BUDGET_BYTES),
  decodeMemory: new Semaphore(DECODE_BUDGET_BYTES),
  record: () => {},
};
const task = taskWith({
  imageUrls: Array.from({ length: Number(photos) }, (_, at) => `${origin}/${at}.jpg`),
});
const { signal } = new AbortController();
const outcomes = await Promise.allSettled(
  Array.from({ length: Number(tasks) }, () => prepare(task, deps, signal)),
);
const prepared = outcomes.filter(({ status }) => status === 'fulfilled').length;
console.log(JSON.stringify({ prepared, peakRssMb: peakRssMb() }));
