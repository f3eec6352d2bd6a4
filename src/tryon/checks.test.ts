import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { WorkerEvent } from '../ports/events.ts';
import type { CheckOutcome, PictureView, PictureViewer, Verdict } from '../ports/picture-views.ts';
import { AttemptChecks, type CheckMode } from './checks.ts';

const TASK = { requestId: null, sessionId: 's', channel: 'b2c' } as const;
const PHOTO = new Uint8Array([1]);
const PICTURE = new Uint8Array([2]);
const NEVER = new AbortController().signal;
const NO_PERSON: PictureView = {
  ...{ widthPx: 600, heightPx: 800, luminance: 0.5, detectorScore: 0.01, people: 0, person: null },
  thumbnail: { columns: 1, rows: 1, rgb: new Uint8Array(3) },
};
const SOMEBODY: PictureView = {
  ...NO_PERSON,
  ...{ detectorScore: 0.98, people: 1 },
  person: {
    ...{ landmarks: [], mask: new Uint8Array(1), face: new Uint8Array(), luminance: 0.5 },
    size: 0.9,
  },
};
const GOOD: Verdict = { findings: [], refusal: null, measures: {} };
const BAD: Verdict = { findings: ['unchanged'], refusal: 'unchanged', measures: {} };
const HANGS = new Promise<never>(() => undefined);

function checked(verdict: Verdict): Promise<CheckOutcome> {
  return Promise.resolve({ kind: 'checked', verdict });
}

/** A viewer that sees this; `mode` of both checks; `begin` gives the person's photo. */
function open(
  mode: CheckMode,
  sees: Partial<{ [K in keyof PictureViewer]: unknown }> = {},
  begin = (checks: AttemptChecks) => checks.readPersonOf([{ name: 'model.jpg', jpeg: PHOTO }]),
) {
  const events: WorkerEvent[] = [];
  const asked: string[] = [];
  const answer = (name: 'view' | 'check', usual: unknown) => async () => {
    asked.push(name);
    return (await (sees[name] ?? usual)) as never;
  };
  const viewer: PictureViewer = {
    view: answer('view', { kind: 'viewed', view: SOMEBODY }),
    check: answer('check', { kind: 'checked', verdict: GOOD }),
  };
  const deps = {
    viewer,
    settings: { personCheck: mode, pictureCheck: mode, checkTimeoutSeconds: 1 },
    record: (e: WorkerEvent) => void events.push(e),
  };
  const checks = new AttemptChecks(TASK, deps, NEVER);
  begin(checks);
  return { checks, events, asked };
}

const names = (events: readonly WorkerEvent[]) => events.map(({ event }) => event);
const isCode = (code: string) => (error: unknown) =>
  error instanceof TaskError && error.code === code;

describe('checks that are off', () => {
  it('read no picture', async () => {
    const { checks, events, asked } = open('off');
    await checks.beforePaying();
    await checks.beforeStoring(PICTURE, null);
    await checks[Symbol.asyncDispose]();
    assert.deepEqual([asked, events], [[], []]);
  });
});

describe('checks that observe', () => {
  it('let a bad photo and a bad picture pass and note what they found', async () => {
    const { checks, events } = open('observe', { check: checked(BAD) });
    await checks.beforePaying();
    await checks.beforeStoring(PICTURE, null);
    await checks[Symbol.asyncDispose]();
    assert.deepEqual(names(events), ['person_checked', 'picture_checked']);
    const [, picture] = events;
    assert.ok(picture?.event === 'picture_checked' && !picture.refused);
    assert.deepEqual(picture.findings, ['unchanged']);
  });

  it('do not hold up paying or storing', async () => {
    const { checks } = open('observe', { view: HANGS, check: HANGS });
    await checks.beforePaying();
    await checks.beforeStoring(PICTURE, null);
  });

  it('count a photo that was not read in time as skipped', async () => {
    const aborted = new Promise((_, reject) => setImmediate(reject, new Error('aborted')));
    const { checks, events } = open('observe', { view: aborted });
    await checks[Symbol.asyncDispose]();
    assert.deepEqual(names(events), ['check_skipped']);
  });
});

describe('checks that are enforced', () => {
  it('refuse a photo without a person before anything is paid', async () => {
    const { checks, events } = open('enforce', { view: { kind: 'viewed', view: NO_PERSON } });
    await assert.rejects(checks.beforePaying(), isCode('PERSON_UNUSABLE'));
    assert.ok(events[0]?.event === 'person_checked' && events[0].refused);
  });

  it('reject a bad picture before it is stored', async () => {
    const { checks, events } = open('enforce', { check: checked(BAD) });
    await checks.beforePaying();
    await assert.rejects(checks.beforeStoring(PICTURE, null), isCode('PICTURE_REJECTED'));
    assert.ok(events[1]?.event === 'picture_checked' && events[1].refused);
  });

  it('let a picture pass whose finding is only observed', async () => {
    const { checks } = open('enforce', { check: checked({ ...BAD, refusal: null }) });
    await checks.beforeStoring(PICTURE, null);
  });

  for (const kind of ['busy', 'unavailable', 'undecodable'] as const) {
    it(`skip themselves when a photo is ${kind}`, async () => {
      const { checks, events } = open('enforce', { view: { kind } });
      await checks.beforePaying();
      await checks.beforeStoring(PICTURE, null);
      assert.deepEqual(names(events), ['check_skipped', 'check_skipped']);
    });
  }

  it('skip themselves when the pose threads fail', async () => {
    const { checks, events } = open('enforce', { check: Promise.reject(new Error('thread died')) });
    await checks.beforePaying();
    await checks.beforeStoring(PICTURE, null);
    assert.ok(events[1]?.event === 'check_skipped' && events[1].reason === 'error');
  });

  it('do not judge a picture by a photo without a person', async () => {
    const { checks, events, asked } = open('enforce', {
      view: { kind: 'viewed', view: NO_PERSON },
    });
    await checks.beforeStoring(PICTURE, null);
    assert.ok(events[0]?.event === 'check_skipped' && events[0].reason === 'no_person');
    assert.deepEqual(asked, ['view']);
  });

  it('do not wait for pose threads that do not answer', async () => {
    const { checks, events } = open('enforce', { view: HANGS });
    await checks.beforePaying();
    assert.ok(events[0]?.event === 'check_skipped' && events[0].reason === 'busy');
  });
});

describe('the check of a picture that an earlier attempt paid for', () => {
  const photos = [{ name: 'model.jpg', jpeg: PHOTO }];
  const again = (fetched: () => Promise<typeof photos>) => (checks: AttemptChecks) =>
    checks.readPersonAgain(fetched);

  it('has the photo fetched again, and judges the picture alone', async () => {
    const fetched = again(async () => photos);
    const { checks, events } = open('enforce', { check: checked(BAD) }, fetched);
    await assert.rejects(checks.beforeStoring(PICTURE, null), isCode('PICTURE_REJECTED'));
    assert.deepEqual(names(events), ['picture_checked']);
  });

  it('is skipped where the photo cannot be had', async () => {
    const fetched = again(() => Promise.reject(new TaskError('IMAGE_UNAVAILABLE')));
    const { checks, events, asked } = open('enforce', {}, fetched);
    await checks.beforeStoring(PICTURE, null);
    assert.ok(events[0]?.event === 'check_skipped' && events[0].reason === 'no_photo');
    assert.deepEqual(asked, []);
  });

  it('fetches nothing where it is off', async () => {
    const { checks } = open(
      'off',
      {},
      again(() => assert.fail('fetched')),
    );
    await checks.beforeStoring(PICTURE, null);
  });
});
