/** What the process keeps of a task while the vendor draws: not the photos, which are sent by then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { modelAt, never } from '../../local/openai/adapter-under-test.ts';
import { plainPictures } from '../../local/openai/picture.ts';
import { startOpenAiServer } from '../../local/openai/server.ts';
import { until } from '../../local/until.ts';
import { Semaphore } from '../../src/concurrency/semaphore.ts';
import { ByteBudget } from '../../src/images/byte-budget.ts';
import { trialTask } from '../../src/operations/trial-picture.ts';
import type { ImageProvider } from '../../src/ports/image-provider.ts';
import { EMPTY_JOURNAL, type Job } from '../../src/ports/jobs.ts';
import type { Session } from '../../src/ports/session.ts';
import { CallSlots } from '../../src/tryon/call-slots.ts';
import { AttemptChecks, type CheckDeps } from '../../src/tryon/checks.ts';
import { makePicture } from '../../src/tryon/make-picture.ts';
import { limitsOf } from '../../src/tryon/outcome.ts';
import { Quarantine } from '../../src/tryon/quarantine.ts';
import { photo } from '../support/shop.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const nothing = () => undefined;
const PERMIT = { succeeded: nothing, failed: nothing, [Symbol.dispose]: nothing };
const GATE = { assertMayPay: async () => undefined, enter: async () => PERMIT };
const BUDGET = {
  assertMayPay: async () => undefined,
  reserve: async () => ({ spent: nothing, returned: nothing }),
};
const SEES_NOTHING: CheckDeps = {
  viewer: {
    view: async () => ({ kind: 'unavailable' }),
    check: async () => ({ kind: 'unavailable' }),
  },
  settings: { personCheck: 'observe', pictureCheck: 'observe', checkTimeoutSeconds: 5 },
  record: nothing,
};

/** `provider`, and references to the photos that it gets which keep none of them. */
function watched(provider: ImageProvider) {
  const photos: WeakRef<Uint8Array>[] = [];
  const watching: ImageProvider = {
    name: provider.name,
    model: provider.model,
    limits: provider.limits,
    forecastUsd: (request) => provider.forecastUsd(request),
    submit: (request, ...rest) => {
      photos.push(...request.images.map(({ jpeg }) => new WeakRef(jpeg)));
      return provider.submit(request, ...rest);
    },
  };
  return { photos, watching };
}

/** An attempt at a task of two photos, paid with `provider`. */
async function attempt(provider: ImageProvider) {
  const file = await photo();
  const order = [{ provider, gate: GATE }];
  const checks = new AttemptChecks(trialTask(2, 'test'), SEES_NOTHING, never);
  const deps = {
    fetcher: { fetch: async () => Buffer.from(file) },
    downloads: new ByteBudget(1_000_000),
    decodeMemory: new Semaphore(1_000_000_000),
    providers: { b2b: order, b2c: order },
    budget: BUDGET,
    record: nothing,
    settings: { providerTimeoutSeconds: 300, maxProviderCalls: 1 },
    stopping: never,
    quarantine: new Quarantine(),
    callSlots: new CallSlots(1),
  };
  const task = trialTask(2, 'test');
  const job: Job = { task, journal: EMPTY_JOURNAL, stalls: 0, record: async () => undefined };
  const session = { ownerId: task.ownerId, shopperEmail: null } as Session;
  const claimed = { session, checks, photos: null, beforePaying: async () => undefined };
  const made = await makePicture(job, claimed, deps, limitsOf(task, 480, never));
  await checks[Symbol.asyncDispose]();
  return made;
}

test('no photo of a task stays in memory while the vendor draws', async (t) => {
  const [arrived, drawn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const pictures = plainPictures();
  const server = await startOpenAiServer({
    draw: async (form) => {
      arrived.resolve();
      await drawn.promise;
      return pictures(form);
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const model = modelAt(t, server.baseUrl, { apiKey: server.apiKey });
  const { photos, watching } = watched(model);
  const made = attempt(watching);
  await Promise.race([arrived.promise, made]);
  assert.equal(photos.length, 2);
  await until('the photos to be collected', async () => {
    collectGarbage();
    return photos.every((photo) => photo.deref() === undefined);
  });
  drawn.resolve();
  assert.ok((await made).jpeg.length > 0);
});
