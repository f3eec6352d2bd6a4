/**
 * `npm run bench:first-event`: how long after a push the console gets the task's first event, on a worker at
 * rest and while it works on a burst. The aim is 500 ms.
 */
import { loadavg } from 'node:os';
import { createStore, type TryOn } from '../local/platform.ts';
import { until } from '../local/until.ts';
import type { SessionEvent } from '../src/ports/progress.ts';
import { openShop, orderMany, push, type Shop } from '../test/support/shop.ts';
import { startWorkerProcess } from '../test/support/worker-process.ts';
import { fixed, machineName, printTable, quantile } from './timing.ts';

const TRY_ONS = 40;

/** Notes when the first event of each session arrives by the console's stream. */
async function listen(address: string, signal: AbortSignal) {
  const firstAtMs = new Map<string, number>();
  const { body } = await fetch(`${address}/console/api/events`, { signal });
  const reader = (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  const ready = Promise.withResolvers<void>();
  const read = async () => {
    for (let rest = ''; ; ) {
      const { done, value = '' } = await reader.read();
      if (done) return;
      const events = (rest + value).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        if (event.startsWith('event: ready')) ready.resolve();
        if (!event.startsWith('data: ')) continue;
        const { session_id: id } = JSON.parse(event.slice(6)) as SessionEvent;
        if (!firstAtMs.has(id)) firstAtMs.set(id, performance.now());
      }
    }
  };
  void read().catch(() => undefined);
  await ready.promise;
  return firstAtMs;
}

async function orders(shop: Shop): Promise<TryOn[]> {
  const store = await createStore(shop.platform, { credits: TRY_ONS });
  return orderMany(shop.platform, store, TRY_ONS);
}

await using shop = await openShop();
await using worker = await startWorkerProcess(shop.stack.env);
const stop = new AbortController();
const firstAtMs = await listen(worker.address, stop.signal);
const firstEventOf = ({ sessionId }: TryOn) => firstAtMs.get(sessionId);

/** Milliseconds from the push to the first event. */
async function waitFor(tryOns: readonly TryOn[]): Promise<number[]> {
  const pushedAtMs = performance.now();
  await push(shop.platform, ...tryOns);
  await until('the first events', () => tryOns.every((tryOn) => firstEventOf(tryOn) !== undefined));
  return tryOns.map((tryOn) => (firstEventOf(tryOn) ?? Number.NaN) - pushedAtMs);
}

const load = loadavg()[0] ?? Number.NaN;
await waitFor((await orders(shop)).slice(0, 5));
const oneByOne: number[] = [];
for (const tryOn of await orders(shop)) oneByOne.push(...(await waitFor([tryOn])));
const burst = await waitFor(await orders(shop));
stop.abort();

console.log(`${machineName()}; load average ${fixed(load)} on entry`);
const row = (name: string, times: readonly number[]) => [
  name,
  ...[0.5, 0.95, 1].map((share) => fixed(quantile(times, share))),
];
printTable(
  ['first event after the push, ms', 'p50', 'p95', 'max'],
  [row(`${TRY_ONS} one by one`, oneByOne), row(`${TRY_ONS} at once`, burst)],
);
