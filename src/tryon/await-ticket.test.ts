import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { ImageProvider, Picture } from '../ports/image-provider.ts';
import { awaitTicket } from './await-ticket.ts';

const TICKET = { id: 'abc', model: 'acme/dress', garments: 1 };
const PICTURE: Picture = {
  image: new Uint8Array(1),
  size: null,
  inputTokens: null,
  outputTokens: null,
  costUsd: 0.015,
};

function provider(answers: readonly (Picture | null | TaskError)[]) {
  const cancelled: string[] = [];
  let asked = 0;
  const collect = async () => {
    const answer = answers[asked] ?? null;
    asked += 1;
    if (answer instanceof TaskError) throw answer;
    return answer;
  };
  const limits = {
    garments: { least: 1, most: 1 },
    promptCharacters: 0,
    prompt: 'refused',
  } as const;
  const fake: ImageProvider = {
    name: 'fake',
    model: 'acme/dress',
    limits,
    submit: () => assert.fail('called'),
    forecastUsd: () => null,
    collect,
    cancel: async ({ id }) => void cancelled.push(id),
  };
  return { fake, cancelled };
}

const { signal } = new AbortController();

it('a ticket is asked for until its picture is there', async () => {
  const { fake, cancelled } = provider([null, PICTURE]);
  assert.equal(await awaitTicket(fake, TICKET, 60_000, signal), PICTURE);
  assert.deepEqual(cancelled, []);
});

it('a ticket that takes too long is cancelled, its outcome unknown', async () => {
  const { fake, cancelled } = provider([]);
  await assert.rejects(awaitTicket(fake, TICKET, 20, signal), { code: 'PROVIDER_OUTCOME_UNKNOWN' });
  assert.deepEqual(cancelled, ['abc']);
});

it('a picture that was ready when its ticket was cancelled is used', async () => {
  const { fake, cancelled } = provider([null, PICTURE]);
  assert.equal(await awaitTicket(fake, TICKET, 20, signal), PICTURE);
  assert.deepEqual(cancelled, ['abc']);
});

it('a call that was cancelled before its start is not billed', async () => {
  const notStarted = new TaskError('PROVIDER_UNAVAILABLE', { detail: 'not_started' });
  const { fake } = provider([null, notStarted]);
  await assert.rejects(awaitTicket(fake, TICKET, 20, signal), notStarted);
});

it('a failed call ends the wait with its error', async () => {
  const { fake, cancelled } = provider([new TaskError('MODERATION_BLOCKED')]);
  await assert.rejects(awaitTicket(fake, TICKET, 60_000, signal), { code: 'MODERATION_BLOCKED' });
  assert.deepEqual(cancelled, []);
});

it('a stop leaves the call alone for the next attempt', async () => {
  const { fake, cancelled } = provider([]);
  const stop = new AbortController();
  const waiting = awaitTicket(fake, TICKET, 60_000, stop.signal);
  stop.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
  assert.deepEqual(cancelled, []);
});
