/** An attempt that collects the picture of an earlier one by its ticket: when it is checked. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import sharp from 'sharp';
import { attemptDeps, SETTINGS } from '../../test/support/tryon/attempt-deps.ts';
import { jobOf, oneSession } from '../../test/support/tryon/one-session.ts';
import { EMPTY_JOURNAL } from '../ports/jobs.ts';
import { runAttempt } from './attempt.ts';
import { CallSlots } from './call-slots.ts';

const image = await sharp({
  create: { width: 96, height: 128, channels: 3, background: '#446688' },
})
  .jpeg()
  .toBuffer();
const ticket = { id: 'ticket', model: 'owner/name', garments: 1 };
const usage = { inputTokens: null, outputTokens: null, costUsd: 0.015 };

/** What is fetched and checked, in a process of a job that was silent `stalls` times before. */
async function collectAfter(stalls: number) {
  const one = oneSession();
  const { sessions, imageStore } = one.deps;
  const fetched: string[] = [];
  const provider = {
    name: 'replicate',
    model: ticket.model,
    collect: async () => ({ image, size: null, ...usage }),
  };
  const collecting = attemptDeps(one, {
    sessions: { ...sessions, markProcessing: async () => one.row },
    imageStore: {
      ...imageStore,
      put: async () => {
        one.picture = 'https://images.example/picture.jpg';
      },
    },
    fetcher: {
      fetch: async (url: string) => {
        fetched.push(url);
        return Buffer.from(image);
      },
    },
    // Full: what is paid already waits for no slot.
    callSlots: new CallSlots(0),
    viewer: { view: async () => ({ kind: 'busy' }) },
    settings: { ...SETTINGS, personCheck: 'observe', pictureCheck: 'observe' },
    storage: { pass: () => ({ upload: (action) => action(), [Symbol.dispose]() {} }) },
    providers: { b2b: [{ provider }], b2c: [] },
  });
  const journal = {
    ...EMPTY_JOURNAL,
    ...{ providerCalls: 1, callOpen: true, provider: 'replicate', ticket },
  };
  const imageUrls = ['https://images.example/person', 'https://images.example/garment'];
  const job = { ...jobOf({ imageUrls }), journal, stalls };
  const outcome = await runAttempt(job, collecting, new AbortController().signal);
  assert.deepEqual(outcome, { kind: 'completed' });
  const skipped = one.events.flatMap((event) =>
    event.event === 'check_skipped' ? event.reason : [],
  );
  return { fetched, skipped, events: one.eventNames };
}

it("for a collected picture only the person's photo is fetched again", async () => {
  const { fetched, skipped, events } = await collectAfter(1);
  assert.deepEqual(fetched, ['https://images.example/person']);
  assert.deepEqual(skipped, ['busy']);
  assert.ok(!events.includes('images_prepared'));
});

it('a collected picture of a job that died twice is delivered unchecked', async () => {
  const { fetched, skipped } = await collectAfter(2);
  assert.deepEqual([fetched, skipped], [[], ['no_photo']]);
});
