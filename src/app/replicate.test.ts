import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TaskError } from '../errors.ts';
import { watchReplicate } from './replicate.ts';

const TOKEN = new TaskError('PROVIDER_REFUSES_SERVICE');
const MODEL = new TaskError('PROVIDER_REFUSES_SERVICE', { detail: 'model_gone' });
const UNREACHABLE = new TaskError('PROVIDER_UNAVAILABLE', { detail: 'not_reached' });

/** What the watch says after each of the vendor's answers, and after it was content at last. */
async function watched(...answers: readonly (TaskError | null)[]) {
  const problems: (readonly string[])[] = [];
  const errors: Error[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const check = async () => {
    if (asked > 0) problems.push(watch.problems);
    if (asked === answers.length) resolve();
    const answer = answers[asked++] ?? null;
    if (answer !== null) throw answer;
  };
  // Asked for the first time before the watch is there.
  const watch = watchReplicate({ model: 'owner/name', check }, (error) => errors.push(error), 1);
  await done;
  await setImmediate();
  problems.push(watch.problems);
  watch[Symbol.dispose]();
  return { problems, errors };
}

it('a refused token is a problem until it is accepted', async () => {
  const { problems, errors } = await watched(TOKEN, TOKEN);
  assert.match(problems[0]?.[0] ?? '', /^REPLICATE_API_TOKEN is refused, since 20/);
  assert.deepEqual(problems[1], problems[0]);
  assert.deepEqual(problems[2], []);
  assert.deepEqual(errors, []);
});

it('a model that the vendor does not have is named', async () => {
  const { problems } = await watched(MODEL);
  assert.match(problems[0]?.[0] ?? '', /^REPLICATE_MODEL owner\/name is refused, since/);
});

it('another refusal takes the place of the first', async () => {
  const { problems } = await watched(TOKEN, MODEL);
  assert.match(problems[1]?.[0] ?? '', /^REPLICATE_MODEL/);
});

it('a vendor that cannot be reached is no refusal, and is asked again soon', async () => {
  const { problems, errors } = await watched(UNREACHABLE, TOKEN);
  assert.deepEqual(problems[0], []);
  assert.deepEqual(errors, [UNREACHABLE]);
  assert.match(problems[1]?.[0] ?? '', /^REPLICATE_API_TOKEN/);
});
