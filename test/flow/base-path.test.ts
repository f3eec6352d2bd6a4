/** A Supabase of one's own below a path, behind a proxy that takes the path off. */
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { afterTests } from '../support/after-tests.ts';
import { doctorOn } from '../support/doctor.ts';
import { openShop, orderTryOn, settledRow } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());
const { stack, platform } = shop;

/** Answers below `/supabase` alone. */
const proxy = createServer((incoming, answer) => {
  const [, path] = /^\/supabase(\/.*)$/.exec(incoming.url ?? '') ?? [];
  if (path === undefined) return void answer.writeHead(404).end('no such page');
  const { method, headers } = incoming;
  const passed = request(stack.supabase.url + path, { method, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  incoming.pipe(passed);
});

it('a try-on is made and stored, and its link leads below the path', async () => {
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const SUPABASE_URL = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/supabase`;
  try {
    await using worker = await startWorkerProcess({ ...stack.env, SUPABASE_URL });
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    const message = tryOn.message.replaceAll(stack.supabase.url, SUPABASE_URL);
    await platform.redis.lpush('wearon:tasks:generation', message);
    const row = await settledRow(shop, tryOn);
    assert.equal(row.status, 'completed', row.error_message);
    assert.ok(row.generated_image_url.startsWith(`${SUPABASE_URL}/storage/v1/object/sign/`));
    assert.equal((await fetch(row.generated_image_url)).status, 200);
    await until('the worker to be ready', async () =>
      fetch(`${worker.address}/readyz`).then(({ ok }) => ok),
    );
    assert.deepEqual((await doctorOn(stack).examine({ SUPABASE_URL })).found, []);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});
