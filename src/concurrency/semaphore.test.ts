import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { Semaphore } from './semaphore.ts';

/** Work that runs until it is released, and records that it started. */
function work(name: string, started: string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const run = () => {
    started.push(name);
    return promise;
  };
  return { run, end: () => resolve(name), fail: (error: Error) => reject(error) };
}

describe('Semaphore', () => {
  it('starts work only while its cost is free, first come first served', async () => {
    const semaphore = new Semaphore(10);
    const started: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => work(name, started));
    assert.ok(a && b && c && d);
    const all = [
      semaphore.run(6, a.run),
      semaphore.run(4, b.run),
      semaphore.run(8, c.run),
      semaphore.run(1, d.run),
    ];
    await immediate();
    assert.deepEqual(started, ['a', 'b']);
    b.end();
    await immediate();
    assert.deepEqual(started, ['a', 'b'], 'd waits behind c, though it would fit');
    a.end();
    await immediate();
    assert.deepEqual(started, ['a', 'b', 'c', 'd']);
    c.end();
    d.end();
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c', 'd']);
  });

  it('runs work that costs more than everything alone', async () => {
    const semaphore = new Semaphore(10);
    const started: string[] = [];
    const [small, huge] = [work('small', started), work('huge', started)];
    const first = semaphore.run(1, small.run);
    const second = semaphore.run(99, huge.run);
    await immediate();
    assert.deepEqual(started, ['small']);
    small.end();
    huge.end();
    assert.deepEqual(await Promise.all([first, second]), ['small', 'huge']);
  });

  it('releases what failed work took', async () => {
    const semaphore = new Semaphore(1);
    const failing = work('failing', []);
    const running = semaphore.run(1, failing.run);
    failing.fail(new Error('no'));
    await assert.rejects(running, /no/);
    await assert.rejects(
      semaphore.run(1, () => {
        throw new Error('at once');
      }),
      /at once/,
    );
    assert.equal(await semaphore.run(1, async () => 'next'), 'next');
  });
});
