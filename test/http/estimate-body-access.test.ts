/** Who may ask `/estimate-body`, how often, and what the log says of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OVERSIZED } from '../support/sizing/oversized-requests.ts';
import { preparePoses, REQUEST, startSizeServer } from './size-server.ts';

preparePoses();

test('the request id is returned, also on refusals, or made when missing', async (t) => {
  const { post, events } = await startSizeServer(t);
  const given = { headers: { 'x-request-id': 'shop 42/order-7' } };
  const answer = await post(REQUEST, given);
  assert.equal(answer.headers['x-request-id'], given.headers['x-request-id']);
  assert.equal(events[0]?.requestId, given.headers['x-request-id']);
  assert.equal((await post({}, given)).headers['x-request-id'], given.headers['x-request-id']);
  const made = (await post(REQUEST)).headers['x-request-id'];
  assert.match(
    String(made),
    /^req_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const endless = { headers: { 'x-request-id': 'a'.repeat(300) } };
  assert.match(String((await post(REQUEST, endless)).headers['x-request-id']), /^req_/);
});

test('the log names the link by twelve digits of its hash and nothing else', async (t) => {
  const { post, events } = await startSizeServer(t);
  await post(REQUEST);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['size_rec_request_started', 'size_rec_request_succeeded'],
  );
  const [started] = events;
  assert.equal(
    started?.event === 'size_rec_request_started' && started.imageUrlHash,
    'd05e6fe0af20',
  );
  assert.ok(!JSON.stringify(events).includes('images.example.com'));
});

test('with a secret only those who know it get in', async (t) => {
  const { post } = await startSizeServer(t, {}, { secret: 'open sesame' });
  assert.equal((await post(REQUEST)).status, 401);
  assert.equal((await post(REQUEST, { headers: { 'x-worker-secret': 'open' } })).status, 401);
  const right = { headers: { 'x-worker-secret': 'open sesame' } };
  assert.equal((await post(REQUEST, right)).status, 200);
});

test('a client that asks too often gets 429 with Retry-After', async (t) => {
  const { post } = await startSizeServer(t, {}, { requestsPerMinute: 2 });
  const statuses = [await post(REQUEST), await post(REQUEST)].map(({ status }) => status);
  assert.deepEqual(statuses, [200, 200]);
  const refused = await post(REQUEST);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers['retry-after']) >= 25);
});

test('wrong secrets are counted like requests', async (t) => {
  const { post } = await startSizeServer(t, {}, { secret: 'open sesame', requestsPerMinute: 2 });
  const guess = () => post(REQUEST, { headers: { 'x-worker-secret': 'guess' } });
  const statuses = [await guess(), await guess(), await guess()].map(({ status }) => status);
  assert.deepEqual(statuses, [401, 401, 429]);
});

test('an IPv6 /64 is one client', async (t) => {
  const { server } = await startSizeServer(t, {}, { requestsPerMinute: 2 });
  const ask = async (remoteAddress: string) => {
    const url = '/estimate-body';
    return (await server.inject({ method: 'POST', url, payload: REQUEST, remoteAddress }))
      .statusCode;
  };
  assert.equal(await ask('2001:db8:1:2::1'), 200);
  assert.equal(await ask('2001:db8:1:2:ffff::2'), 200);
  assert.equal(await ask('2001:db8:1:2:1:2:3:4'), 429);
  assert.equal(await ask('2001:db8:1:3::1'), 200);
});

test('a refusal is short, however long and faulty the request is', async (t) => {
  const { server } = await startSizeServer(t);
  for (const payload of OVERSIZED) {
    const headers = { 'content-type': 'application/json' };
    const answer = await server.inject({ method: 'POST', url: '/estimate-body', headers, payload });
    assert.equal(answer.statusCode, 422);
    const { length } = answer.rawPayload;
    assert.ok(length <= 8_192, `${payload.slice(0, 30)} gave ${length} bytes`);
    assert.ok((answer.json().detail as unknown[]).length <= 10);
  }
});

test('other origins are not let in, and a form is not a request', async (t) => {
  const { server, post } = await startSizeServer(t);
  const answer = await post(REQUEST, { headers: { origin: 'https://shop.example' } });
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const payload = 'height_cm=175';
  const sent = await server.inject({
    method: 'POST',
    url: '/estimate-body',
    headers: form,
    payload,
  });
  assert.equal(sent.statusCode, 415);
  assert.equal((await server.inject({ method: 'GET', url: '/estimate-body' })).statusCode, 405);
});
