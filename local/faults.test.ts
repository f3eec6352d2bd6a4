import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fastify from 'fastify';
import { Faults } from './faults.ts';

async function startCounter(t: TestContext) {
  const faults = new Faults();
  const app = fastify({ forceCloseConnections: true });
  faults.attach(app);
  let handled = 0;
  app.post('/count', async () => ({ handled: ++handled }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => app.close());
  const count = () =>
    fetch(`${url}/count?by=1`, { method: 'POST', body: '{}', headers: JSON_TYPE });
  return { faults, count, handled: () => handled, app };
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('a status fault answers once in place of the handler', async (t) => {
  const { faults, count, handled } = await startCounter(t);
  const fault = faults.add({
    kind: 'status',
    status: 429,
    body: { error: 'busy' },
    headers: { 'retry-after': '2' },
    method: 'POST',
    path: /^\/count\?by=1$/,
  });
  const answer = await count();
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get('retry-after'), '2');
  assert.deepEqual(await answer.json(), { error: 'busy' });
  assert.equal((await count()).status, 200);
  assert.equal(handled(), 1);
  assert.equal(fault.hits, 1);
});

test('a fault leaves requests of other methods and paths alone', async (t) => {
  const { faults, count } = await startCounter(t);
  faults.add({ kind: 'drop', method: 'GET' });
  faults.add({ kind: 'drop', path: /^\/other/ });
  assert.equal((await count()).status, 200);
});

test('a dropped request is not handled, one dropped after is', async (t) => {
  const { faults, count, handled } = await startCounter(t);
  faults.add({ kind: 'drop' });
  await assert.rejects(count());
  assert.equal(handled(), 0);
  faults.add({ kind: 'drop-after' });
  await assert.rejects(count());
  assert.equal(handled(), 1);
});

test('status-after handles the request and still answers with an error', async (t) => {
  const { faults, count, handled } = await startCounter(t);
  faults.add({ kind: 'status-after', status: 504, body: { message: 'gateway' } });
  const answer = await count();
  assert.equal(answer.status, 504);
  assert.deepEqual(await answer.json(), { message: 'gateway' });
  assert.equal(handled(), 1);
});

test('a held request waits for its release, and its arrival can be awaited', async (t) => {
  const { faults, count, handled } = await startCounter(t);
  const hold = faults.add({ kind: 'hold' });
  const answer = count();
  await hold.hit;
  assert.equal(handled(), 0);
  hold.release();
  assert.equal((await answer).status, 200);
});

test('a request held after handling has taken effect before its answer', async (t) => {
  const { faults, count, handled } = await startCounter(t);
  const hold = faults.add({ kind: 'hold-after' });
  const answer = count();
  await hold.hit;
  assert.equal(handled(), 1);
  faults.clear();
  assert.equal((await answer).status, 200);
});

test('a hanging request ends when the server closes', async (t) => {
  const { faults, count, app } = await startCounter(t);
  faults.add({ kind: 'hang', times: Number.POSITIVE_INFINITY });
  const arrived = faults.arrived({ method: 'POST', path: /^\/count/ });
  const answer = assert.rejects(count());
  await arrived;
  await app.close();
  await answer;
});
