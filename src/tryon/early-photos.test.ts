/** The photos of a first attempt are prepared while its session is claimed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { plain } from '../../test/support/images/odd-images.ts';
import { attemptDeps } from '../../test/support/tryon/attempt-deps.ts';
import { jobOf, oneSession } from '../../test/support/tryon/one-session.ts';
import { TaskError } from '../errors.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import type { Session } from '../ports/session.ts';
import { runAttempt } from './attempt.ts';

type Claim = () => Promise<Session | null>;

/** A first attempt that meets a closed gate, if it comes so far. */
function attempt(one: ReturnType<typeof oneSession>, fetch: ImageFetcher['fetch'], claim: Claim) {
  const limits = { garments: { least: 0, most: 9 }, promptCharacters: 9, prompt: 'sent' } as const;
  const enter = () => Promise.reject(new TaskError('MODERATION_BLOCKED'));
  const gated = { provider: { limits }, gate: { assertMayPay: async () => undefined, enter } };
  const deps = attemptDeps(one, {
    sessions: { ...one.deps.sessions, claim },
    storage: { assertMayPay: async () => undefined, pass: () => ({ [Symbol.dispose]() {} }) },
    providers: { b2b: [gated], b2c: [] },
    fetcher: { fetch },
  });
  const imageUrls = ['https://images.example/person.jpg'];
  const createdAt = new Date(Date.now() - 60_000).toISOString();
  return runAttempt(jobOf({ imageUrls, createdAt }), deps, new AbortController().signal);
}

it('photos are fetched before the claim ends, and reported after it', async () => {
  const one = oneSession();
  const photo = await plain(64, 64).png().toBuffer();
  let isFetched = false;
  let wasFetchedFirst = false;
  const fetch = async () => {
    isFetched = true;
    return photo;
  };
  const claim = async () => {
    for (let turns = 0; turns < 100 && !isFetched; turns += 1) await immediate();
    wasFetchedFirst = isFetched;
    return one.row;
  };
  const outcome = await attempt(one, fetch, claim);
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'MODERATION_BLOCKED');
  assert.ok(wasFetchedFirst);
  assert.deepEqual(one.eventNames, ['generation_processing', 'images_prepared']);
});

it('a session that cannot be claimed ends the downloads of its photos', async () => {
  const one = oneSession();
  one.row = null;
  const hasEnded = Promise.withResolvers<void>();
  const fetch: ImageFetcher['fetch'] = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        hasEnded.resolve();
        reject(signal.reason);
      });
    });
  const outcome = await attempt(one, fetch, async () => {
    await immediate();
    return null;
  });
  assert.deepEqual(outcome, { kind: 'skipped', reason: 'no_session' });
  await hasEnded.promise;
  assert.deepEqual(one.eventNames, []);
});
