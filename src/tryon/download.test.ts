import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { ImageFetcher } from '../ports.ts';
import { downloadImages } from './download.ts';

const DEAD = new TaskError('INVALID_IMAGE', { detail: 'unreachable' });
const DOWN = new TaskError('IMAGE_UNAVAILABLE');

/** A fetcher whose downloads the test ends one by one. */
function manualFetcher() {
  const running = new Map<string, PromiseWithResolvers<Uint8Array>>();
  const aborted: string[] = [];
  const fetcher: ImageFetcher = {
    fetch(url, { signal }) {
      const download = Promise.withResolvers<Uint8Array>();
      running.set(url, download);
      signal.addEventListener('abort', () => {
        aborted.push(url);
        download.reject(signal.reason);
      });
      return download.promise;
    },
  };
  const arrive = (url: string) => running.get(url)?.resolve(Buffer.from(url));
  const fail = (url: string, error: Error) => running.get(url)?.reject(error);
  return { fetcher, running, aborted, arrive, fail };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const options = () => ({ timeoutMs: 1_000, signal: new AbortController().signal });

describe('downloadImages', () => {
  it('keeps the order of the links, whichever arrives first', async () => {
    const { fetcher, arrive } = manualFetcher();
    const downloading = downloadImages(['a', 'b', 'c'], fetcher, options());
    await turn();
    for (const url of ['c', 'a', 'b']) arrive(url);
    assert.deepEqual((await downloading).map(String), ['a', 'b', 'c']);
  });

  it('runs four downloads at once and starts the next when one ends', async () => {
    const { fetcher, running, arrive } = manualFetcher();
    const urls = ['a', 'b', 'c', 'd', 'e', 'f'];
    const downloading = downloadImages(urls, fetcher, options());
    await turn();
    assert.deepEqual([...running.keys()], ['a', 'b', 'c', 'd']);
    arrive('b');
    await turn();
    assert.deepEqual([...running.keys()], ['a', 'b', 'c', 'd', 'e']);
    for (const url of ['a', 'c', 'd', 'e']) arrive(url);
    await turn();
    arrive('f');
    assert.equal((await downloading).length, 6);
  });

  it('ends the other downloads at the first dead link, and starts no more', async () => {
    const { fetcher, running, aborted, fail } = manualFetcher();
    const downloading = downloadImages(['a', 'b', 'c', 'd', 'e'], fetcher, options());
    await turn();
    fail('b', DEAD);
    await assert.rejects(downloading, (error) => error === DEAD);
    assert.deepEqual(aborted, ['a', 'b', 'c', 'd']);
    assert.ok(!running.has('e'));
  });

  it('reports a dead link rather than a host that was down before it', async () => {
    const { fetcher, fail } = manualFetcher();
    const downloading = downloadImages(['a', 'b'], fetcher, options());
    await turn();
    fail('a', DOWN);
    await turn();
    fail('b', DEAD);
    await assert.rejects(downloading, (error) => error === DEAD);
  });

  it('reports a host that is down when nothing worse happened', async () => {
    const { fetcher, arrive, fail } = manualFetcher();
    const downloading = downloadImages(['a', 'b'], fetcher, options());
    await turn();
    fail('a', DOWN);
    arrive('b');
    await assert.rejects(downloading, (error) => error === DOWN);
  });

  it('rejects with the reason of its signal', async () => {
    const { fetcher } = manualFetcher();
    const stop = new AbortController();
    const downloading = downloadImages(['a'], fetcher, { timeoutMs: 1_000, signal: stop.signal });
    await turn();
    const reason = new Error('stopping');
    stop.abort(reason);
    await assert.rejects(downloading, (error) => error === reason);
  });
});
