/** The worker's Replicate adapter against the local server, over real HTTP. */
import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import sharp from 'sharp';
import { ReplicateProvider } from '../../src/adapters/replicate/provider.ts';
import { TaskError } from '../../src/errors.ts';
import type { PictureRequest, Ticket } from '../../src/ports/image-provider.ts';
import type { Fault } from '../faults.ts';
import { until } from '../until.ts';
import { type ReplicateServer, startReplicateServer } from './server.ts';

const { signal } = new AbortController();
const CREATE = { method: 'POST', path: /predictions$/ } as const;
const READ = { method: 'GET', path: /predictions\/\w+$/ } as const;
let server: ReplicateServer;
let provider: ReplicateProvider;
let jpeg: Uint8Array;

before(async () => {
  server = await startReplicateServer({ plain: true });
  provider = providerAt(server.baseUrl, server.token);
  const photo = sharp({ create: { width: 96, height: 128, channels: 3, background: '#446688' } });
  jpeg = await photo.jpeg().toBuffer();
});

afterEach(() => {
  server.faults.clear();
  Object.assign(server, { startMs: 0, runMs: 0, failWith: null });
});

after(async () => {
  await provider?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

function providerAt(baseUrl: string, token: string): ReplicateProvider {
  const fetchPicture = async (url: string) => {
    if (!url.startsWith(server.baseUrl.replace('/v1', ''))) {
      throw new TaskError('INVALID_IMAGE', { detail: 'refused' });
    }
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  return new ReplicateProvider({ token, baseUrl, model: 'prunaai/p-image-try-on', fetchPicture });
}

function request(key = 'session:1', garments = 2): PictureRequest {
  const images = Array.from({ length: garments + 1 }, (_, at) => ({ name: `${at}.jpg`, jpeg }));
  return { key, images, prompt: 'Dress the person.', endUser: 'somebody@example.com' };
}

async function submit(asked = request(), timeoutMs = 60_000): Promise<Ticket> {
  const submitted = await provider.submit(asked, timeoutMs, signal);
  return submitted.kind === 'ticket' ? submitted.ticket : assert.fail('no ticket');
}

async function picture(ticket: Ticket) {
  let found = await provider.collect(ticket, signal);
  await until('the picture', async () => {
    found ??= await provider.collect(ticket, signal);
    return found !== null;
  });
  return found ?? assert.fail('no picture');
}

function submitFails(fault: Fault) {
  server.faults.add(fault);
  return provider.submit(request(), 60_000, signal);
}

it('a call gives a ticket, and the ticket a picture and its cost', async () => {
  const ticket = await submit();
  const { image, costUsd, size } = await picture(ticket);
  assert.equal((await sharp(image).metadata()).width, 96);
  assert.equal(costUsd, server.predictions.at(-1)?.billedUsd);
  assert.equal(size, null);
  const sent = server.predictions.at(-1)?.input ?? {};
  assert.equal((sent.garment_images as string[]).length, 2);
  assert.equal(sent.preserve_input_size, true);
  assert.doesNotMatch(JSON.stringify(sent), /example\.com|Dress/);
});

it('what it costs follows the number of garments', async () => {
  for (const [garments, usd] of [
    [1, 0.015],
    [3, 0.031],
    [11, 0.095],
  ] as const) {
    const { costUsd } = await picture(await submit(request('session:1', garments)));
    assert.equal(costUsd, usd);
    assert.ok(Math.abs((server.predictions.at(-1)?.billedUsd ?? 0) - usd) < 1e-9);
  }
});

it('refusals of a call are distinguished', async () => {
  for (const [status, code] of [
    [301, 'PROVIDER_REFUSES_SERVICE'],
    [401, 'PROVIDER_REFUSES_SERVICE'],
    [402, 'PROVIDER_REFUSES_SERVICE'],
    [404, 'PROVIDER_REFUSES_SERVICE'],
    [422, 'PROVIDER_REFUSES_SERVICE'],
    [500, 'PROVIDER_UNAVAILABLE'],
    [504, 'PROVIDER_OUTCOME_UNKNOWN'],
    [413, 'GENERATION_FAILED'],
  ] as const) {
    await assert.rejects(submitFails({ ...CREATE, kind: 'status', status }), { code }, `${status}`);
  }
  await assert.rejects(submitFails({ ...CREATE, kind: 'drop-after' }), {
    code: 'PROVIDER_OUTCOME_UNKNOWN',
  });
});

it('a refusal for the rate says when to retry', async () => {
  const busy = { ...CREATE, kind: 'status', status: 429 } as const;
  const inHeader = submitFails({ ...busy, headers: { 'retry-after': '7' } });
  await assert.rejects(inHeader, { code: 'PROVIDER_BUSY', retryAfterMs: 7000 });
  const detail = 'Request was throttled. Your rate limit resets in ~30s.';
  const inText = submitFails({ ...busy, body: { detail } });
  await assert.rejects(inText, { code: 'PROVIDER_BUSY', retryAfterMs: 30_000 });
  const absurd = submitFails({ ...busy, body: { detail: detail.replace('30', '86400') } });
  await assert.rejects(absurd, { code: 'PROVIDER_BUSY', retryAfterMs: undefined });
});

it('the ends of a prediction are distinguished', async () => {
  for (const [failWith, code, detail] of [
    ['NSFW content detected', 'MODERATION_BLOCKED', null],
    ['flagged as sensitive. (E005)', 'MODERATION_BLOCKED', null],
    ['CUDA out of memory', 'PROVIDER_UNAVAILABLE', 'prediction_failed'],
  ] as const) {
    server.failWith = failWith;
    await assert.rejects(picture(await submit()), { code, detail });
  }
});

it('a prediction that passes its deadline before its start was not begun', async () => {
  server.startMs = 60_000;
  const ticket = await submit(request(), 1);
  await until('the deadline', () => server.predictions.at(-1)?.status === 'aborted', 20_000);
  const aborted = { code: 'PROVIDER_UNAVAILABLE', detail: 'not_started' };
  await assert.rejects(provider.collect(ticket, signal), aborted);
  assert.equal(server.predictions.at(-1)?.billedUsd, 0);
});

it('a cancelled prediction may have been billed', async () => {
  server.runMs = 60_000;
  const ticket = await submit();
  await provider.cancel(ticket);
  await assert.rejects(provider.collect(ticket, signal), { code: 'PROVIDER_OUTCOME_UNKNOWN' });
  await provider.cancel({ ...ticket, id: 'unknown' });
});

it('a vendor that does not answer leaves the picture pending', async () => {
  const ticket = await submit();
  await picture(ticket);
  const page = '<html>Not Found</html>';
  for (const fault of [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 404, body: page },
    { kind: 'drop' },
  ] as const) {
    server.faults.add({ ...READ, ...fault });
    assert.equal(await provider.collect(ticket, signal), null);
  }
  server.faults.add({ path: /^\/files\//, kind: 'status', status: 503 });
  assert.equal(await provider.collect(ticket, signal), null);
  await picture(ticket);
});

it("another prediction's answer is not taken for the one asked for", async () => {
  const ticket = await submit();
  const other = { id: 'another', status: 'succeeded', output: `${server.baseUrl}/files/x.jpg` };
  server.faults.add({ ...READ, kind: 'status', status: 200, body: other });
  assert.equal(await provider.collect(ticket, signal), null);
  await picture(ticket);
});

it('a prediction that the vendor does not know is of unknown outcome', async () => {
  const unknown = { ...(await submit()), id: 'unknown' };
  const error = { code: 'PROVIDER_OUTCOME_UNKNOWN', detail: 'no_such_call' };
  await assert.rejects(provider.collect(unknown, signal), error);
});

it('a result on another host is not fetched', async () => {
  const ticket = await submit();
  const body = { id: ticket.id, status: 'succeeded', output: 'http://169.254.169.254/a.jpg' };
  server.faults.add({ ...READ, kind: 'status', status: 200, body });
  const refused = { code: 'PROVIDER_MALFORMED', detail: 'link_refused' };
  await assert.rejects(provider.collect(ticket, signal), refused);
});

it('a call whose answer was lost is found again by its key', async () => {
  const lost = provider.submit(request('session:7'), 60_000, signal);
  server.faults.add({ ...CREATE, kind: 'drop-after' });
  await assert.rejects(lost, { code: 'PROVIDER_OUTCOME_UNKNOWN' });
  const id = server.predictions.at(-1)?.id;
  await submit(request('session:8'));
  const call = { garments: 2, sinceMs: Date.now() - 60_000 };
  assert.equal((await provider.find({ ...call, key: 'session:7' }, signal))?.id, id);
  assert.equal(await provider.find({ ...call, key: 'session:9' }, signal), null);
});

it('the account and the model can be checked', async () => {
  await provider.check();
  server.faults.add({ path: /\/account$/, kind: 'status', status: 404 });
  await provider.check();
  await using stranger = providerAt(server.baseUrl, 'r8_wrong');
  await assert.rejects(stranger.check(), { code: 'PROVIDER_REFUSES_SERVICE' });
});
