/** Who may use the console of a real worker, and from where. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStore } from '../../local/platform.ts';
import { afterTests } from '../support/after-tests.ts';
import { assertCompleted, openShop, orderTryOn, photo, push } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const TOKEN = 'a-token-of-some-length';
const basic = `Basic ${Buffer.from(`anyone:${TOKEN}`).toString('base64')}`;
const JSON_TYPE = { 'content-type': 'application/json' };

const shop = afterTests.use(await openShop());
// Without the stack's CONSOLE_ACCESS and with a token: as in production.
const env = {
  ...shop.stack.env,
  CONSOLE_ACCESS: 'token',
  ADMIN_TOKEN: TOKEN,
  OPENAI_PARTIAL_IMAGES: '2',
  B2B_OPENAI_IMAGE_QUALITY: 'low',
};
const worker = afterTests.use(await startWorkerProcess(env));

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${worker.address}/console/${path}`, init);
const asked = (headers: Record<string, string> = {}) => ({
  headers: { authorization: basic, ...headers },
});
const drain = (headers: Record<string, string>) =>
  ask('api/drain', {
    method: 'POST',
    ...asked({ ...JSON_TYPE, ...headers }),
    body: '{"on":false}',
  });

it('a provider is listed once, though the channels differ in settings', async () => {
  const { gates } = (await (await ask('api/overview', asked())).json()) as { gates: unknown[] };
  assert.equal(gates.length, 1);
});

describe('the console in production', () => {
  it('turns away everyone without the token', async () => {
    for (const path of ['', 'main.js', 'api/overview', 'api/events', 'api/sessions']) {
      assert.equal((await ask(path)).status, 401, path);
      const wrong = { headers: { authorization: `Bearer ${TOKEN}x` } };
      assert.equal((await ask(path, wrong)).status, 401, path);
    }
    assert.equal((await ask('', asked())).status, 200);
    assert.equal((await ask('api/overview', asked())).status, 200);
  });

  it('changes nothing for a page of another origin', async () => {
    assert.equal((await drain({ origin: 'https://shop.test' })).status, 403);
    assert.equal((await drain({ 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await drain({ 'sec-fetch-site': 'same-origin' })).status, 200);
    assert.equal((await drain({ origin: worker.address })).status, 200);
  });

  it('allows its page no foreign script, frame or request', async () => {
    const policy = (await ask('', asked())).headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:/);
  });

  it('makes a picture without a session, once the operator agrees to pay', async () => {
    const form = new FormData();
    for (const colour of ['#aa9988', '#3355aa']) {
      form.append('photo', new File([new Uint8Array(await photo(colour))], 'photo'));
    }
    const send = () => ask('api/try-ons', { method: 'POST', ...asked(), body: form });
    const calls = shop.stack.openai.calls.length;
    assert.equal((await send()).status, 400);
    assert.equal(shop.stack.openai.calls.length, calls);
    form.append('paid', 'yes');
    const lines = (await (await send()).text()).trimEnd().split('\n');
    const steps = lines.map((line) => JSON.parse(line));
    const result = steps.at(-1)?.result;
    assert.deepEqual(
      steps.map(({ event }) => event).filter((event) => event && event !== 'checked'),
      ['queued', 'photos_fetched', 'drawing', 'completed'],
    );
    const partials = steps.flatMap(({ partial }) => partial ?? []);
    assert.equal(partials.length, 2);
    for (const partial of partials) assert.notEqual(partial, result.picture);
    const drawing = steps.find(({ event }) => event === 'drawing');
    assert.equal(drawing.provider, 'openai');
    assert.match(drawing.model, /^gpt-image-/);
    assert.equal(result.status, 'completed');
    assert.ok(result.costUsd > 0);
    assert.equal(Buffer.from(result.picture, 'base64').readUInt16BE(0), 0xffd8);
    const { rows } = await shop.stack.database.query('select count(*) from generation_sessions');
    assert.equal(Number(rows[0].count), 0);
  });
});

it('partial pictures are asked for by the playground alone', async () => {
  const tryOn = await orderTryOn(shop.platform, await createStore(shop.platform));
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  assert.equal(shop.stack.openai.calls.at(-1)?.form?.parameters.stream, undefined);
});

it('a worker without a token and without open access has no console', async () => {
  await using plain = await startWorkerProcess({ ...shop.stack.env, CONSOLE_ACCESS: 'token' });
  assert.equal((await fetch(`${plain.address}/console/`)).status, 404);
});

it('the stream of steps ends when Redis is lost, so the page shows it', async () => {
  const { body } = await ask('api/events', asked());
  const reader = (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader.read()).value ?? '', /^event: ready/);
  await shop.platform.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  for (let isOver = false; !isOver; ) isOver = (await reader.read()).done;
  const again = await ask('api/events', asked());
  const next = (again.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
  assert.match((await next.getReader().read()).value ?? '', /^event: ready/);
});

it('an open console answers this machine only', async () => {
  await using open = await startWorkerProcess(shop.stack.env);
  assert.equal((await fetch(`${open.address}/console/api/overview`)).status, 200);
  const { port } = new URL(open.address);
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/console/', headers: { host: 'evil.test' } };
    request(options, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });
  assert.equal(status, 403);
});
