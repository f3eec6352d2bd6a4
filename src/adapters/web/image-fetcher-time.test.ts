import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startHttpHost } from '../../../test/support/network/http-host.ts';
import {
  assertHangsUp,
  beginJpeg,
  drip,
  fetcherWith,
  NEVER,
  PICTURE,
  STRANGER,
  servePicture,
  trusting,
} from '../../../test/support/network/picture-fetch.ts';

const TIMED_OUT = { code: 'IMAGE_UNAVAILABLE', detail: 'timeout' };

describe('the time of a fetch', () => {
  it('ends a drip that never ends, and frees the connection', async () => {
    await using host = await startHttpHost(drip);
    await using fetcher = trusting(host.origin);
    const fetching = fetcher.fetch(`${host.origin}/a.jpg`, { timeoutMs: 200, signal: NEVER });
    await assert.rejects(fetching, TIMED_OUT);
    await host.deserted();
  });

  it('includes the time to resolve the name', async () => {
    await using fetcher = fetcherWith({
      resolve: () => new Promise(() => {}),
      dial: () => assert.fail('must not connect'),
    });
    const fetching = fetcher.fetch(STRANGER, { timeoutMs: 50, signal: NEVER });
    await assert.rejects(fetching, TIMED_OUT);
  });

  it('ends with its signal and for its reason, before and during a download', async () => {
    const reason = new Error('stopping');
    const stop = new AbortController();
    await using host = await startHttpHost(() => stop.abort(reason));
    await using fetcher = trusting(host.origin);
    const fetching = () =>
      fetcher.fetch(`${host.origin}/a.jpg`, { timeoutMs: 60_000, signal: stop.signal });
    await assert.rejects(fetching, (error) => error === reason);
    await host.deserted();
    await assert.rejects(fetching, (error) => error === reason);
    assert.equal(host.connections(), 1);
  });

  it('ends early with a host that stalls or drips below the least speed', async () => {
    const leastSpeed = { bytes: 1_000, windowMs: 100 };
    for (const answer of [
      drip,
      (_request: unknown, response: Parameters<typeof beginJpeg>[0]) =>
        void beginJpeg(response).write(PICTURE),
      () => {},
    ]) {
      await assertHangsUp(answer, 'IMAGE_UNAVAILABLE (too_slow)', { leastSpeed });
    }
  });

  it('stands still while the fetcher waits for memory', async (t) => {
    await using host = await startHttpHost(servePicture);
    await using fetcher = trusting(host.origin, { leastSpeed: { bytes: 1, windowMs: 1000 } });
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    let taken = 0;
    const take = async (bytes: number) => {
      taken += bytes;
      t.mock.timers.tick(5000);
    };
    const link = `${host.origin}/a.jpg`;
    const picture = await fetcher.fetch(link, { timeoutMs: 1000, signal: NEVER, take });
    assert.deepEqual([picture.length, taken], [PICTURE.length, PICTURE.length]);
  });
});
