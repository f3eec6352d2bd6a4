import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { plain } from '../../test/support/images/odd-images.ts';
import { taskWith } from '../../test/support/tryon/task.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { TaskError } from '../errors.ts';
import { ByteBudget } from '../images/byte-budget.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import { prepare } from './prepare.ts';

const DEAD = new TaskError('INVALID_IMAGE', { detail: 'unreachable' });
const DOWN = new TaskError('IMAGE_UNAVAILABLE');
const ANYTHING = await plain(64, 64).png().toBuffer();

/** Counts the work that was done under it. */
class CountingSemaphore extends Semaphore {
  done = 0;

  override async run<T>(cost: number, work: () => Promise<T>): Promise<T> {
    const result = await super.run(cost, work);
    this.done += 1;
    return result;
  }
}

type Fetch = ImageFetcher['fetch'];
type Download = PromiseWithResolvers<Uint8Array> & { readonly options: Parameters<Fetch>[1] };

/** A task of some links, whose downloads the test ends one by one. */
function preparing(urls: readonly string[], budgetBytes = 1_000_000) {
  const running = new Map<string, Download>();
  const aborted: string[] = [];
  const fetcher: ImageFetcher = {
    fetch(url, options) {
      const download = { ...Promise.withResolvers<Uint8Array>(), options };
      running.set(url, download);
      options.signal.addEventListener('abort', () => {
        aborted.push(url);
        download.reject(options.signal.reason);
      });
      return download.promise;
    },
  };
  const task = taskWith({ imageUrls: urls });
  const decodeMemory = new CountingSemaphore(1);
  const downloads = new ByteBudget(budgetBytes);
  const stop = new AbortController();
  const deps = { fetcher, decodeMemory, downloads, record: () => {} };
  return {
    running,
    aborted,
    decodeMemory,
    downloads,
    stop,
    prepared: prepare(task, deps, stop.signal),
    arrive: (url: string, file: Uint8Array = Buffer.from(ANYTHING)) =>
      running.get(url)?.resolve(file),
    fail: (url: string, error: Error) => running.get(url)?.reject(error),
  };
}

describe('prepare', () => {
  it('keeps the order of the links, whichever arrives first', async () => {
    const { prepared, arrive } = preparing(['a', 'b', 'c']);
    await immediate();
    for (const url of ['c', 'a', 'b']) arrive(url);
    const names = (await prepared).map(({ name }) => name);
    assert.deepEqual(names, ['model.jpg', 'image_1.jpg', 'image_2.jpg']);
  });

  it('runs four downloads at once and starts the next when one ends', async () => {
    const urls = ['a', 'b', 'c', 'd', 'e'];
    const { prepared, running, arrive } = preparing(urls);
    await immediate();
    assert.deepEqual([...running.keys()], ['a', 'b', 'c', 'd']);
    arrive('b');
    await immediate();
    assert.deepEqual([...running.keys()], urls);
    for (const url of urls) arrive(url);
    assert.equal((await prepared).length, 5);
  });

  it('prepares a photo before the others are there, and gives its bytes back', async () => {
    const { prepared, running, downloads, arrive } = preparing(['a', 'b'], 10);
    await immediate();
    await running.get('a')?.options.take?.(10);
    using other = downloads.open();
    await other.take(1);
    const third = running.get('b')?.options.take?.(9);
    arrive('a');
    await third;
    arrive('b');
    await prepared;
  });

  it('frees the memory of a file once its photo is prepared', async () => {
    const { prepared, arrive } = preparing(['a']);
    const file = Buffer.from(new Uint8Array(ANYTHING).buffer);
    await immediate();
    arrive('a', file);
    await prepared;
    assert.equal(file.byteLength, 0);
  });

  it('gives all downloads together thirty seconds', async () => {
    const { prepared, running, arrive } = preparing(['a', 'b', 'c', 'd', 'e']);
    await immediate();
    const first = running.get('a')?.options.timeoutMs ?? 0;
    arrive('a');
    while (!running.has('e')) await immediate();
    const last = running.get('e')?.options.timeoutMs ?? 0;
    assert.ok(first <= 30_000 && last < first, `${first} ms, then ${last} ms`);
    for (const url of ['b', 'c', 'd', 'e']) arrive(url);
    await prepared;
  });

  it('does not count the time in which downloads wait for their bytes', async () => {
    const startedAtMs = performance.now();
    const { prepared, running, downloads, arrive } = preparing(['a', 'b', 'c', 'd', 'e'], 10);
    using others = downloads.open();
    await others.take(10);
    await immediate();
    const waiting = ['a', 'b'].map((url) => running.get(url)?.options.take?.(1));
    const pausedAtMs = performance.now();
    await sleep(50);
    const pausedMs = performance.now() - pausedAtMs;
    others[Symbol.dispose]();
    await Promise.all(waiting);
    arrive('a');
    while (!running.has('e')) await immediate();
    const { timeoutMs = 0 } = running.get('e')?.options ?? {};
    const ranMs = performance.now() - startedAtMs - pausedMs;
    assert.ok(timeoutMs >= 30_000 - ranMs, `${timeoutMs} ms left after ${ranMs} ms`);
    for (const url of ['b', 'c', 'd', 'e']) arrive(url);
    await prepared;
  });

  it('ends the other downloads at the first dead link, and starts no more', async () => {
    const { prepared, running, aborted, fail } = preparing(['a', 'b', 'c', 'd', 'e']);
    await immediate();
    fail('b', DEAD);
    await assert.rejects(prepared, { code: 'INVALID_IMAGE', detail: 'unreachable.garment_1' });
    assert.deepEqual(aborted, ['a', 'b', 'c', 'd']);
    assert.ok(!running.has('e'));
  });

  it('reports a dead link rather than a host that was down before it', async () => {
    const { prepared, fail } = preparing(['a', 'b']);
    await immediate();
    fail('a', DOWN);
    await immediate();
    fail('b', DEAD);
    await assert.rejects(prepared, { detail: 'unreachable.garment' });
  });

  it('reports a host that is down when nothing worse happened', async () => {
    const { prepared, arrive, fail } = preparing(['a', 'b']);
    await immediate();
    fail('a', DOWN);
    arrive('b');
    await assert.rejects(prepared, { code: 'IMAGE_UNAVAILABLE', detail: 'default.person' });
  });

  it('decodes no more photos once one has failed', async () => {
    const { prepared, decodeMemory, arrive } = preparing(['a', 'b', 'c']);
    await immediate();
    const { promise: busy, resolve: free } = Promise.withResolvers<void>();
    const blocking = decodeMemory.run(1, () => busy);
    arrive('b', Buffer.from('no picture'));
    arrive('a');
    arrive('c');
    await immediate();
    await immediate();
    free();
    await assert.rejects(prepared, { detail: 'unsupported.garment_1' });
    await blocking;
    assert.equal(decodeMemory.done, 1, 'only what blocked');
  });

  it('rejects with the reason of its signal', async () => {
    const { prepared, stop } = preparing(['a']);
    await immediate();
    const reason = new Error('stopping');
    stop.abort(reason);
    await assert.rejects(prepared, (error) => error === reason);
  });
});
