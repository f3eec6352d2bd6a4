/** The queue board of a real worker: who may look, and at what. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop, orderTryOn, push } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const TOKEN = 'a-token-of-some-length';

const shop = afterTests.use(await openShop());
const worker = afterTests.use(await startWorkerProcess({ ...shop.stack.env, ADMIN_TOKEN: TOKEN }));

const basic = (password: string) => `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`;

function ask(path: string, authorization: string | null, method = 'GET'): Promise<Response> {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  return fetch(`${worker.address}/admin/queues${path}`, { method, headers });
}

describe('the queue board', () => {
  it('turns away everyone without the token, and logs who tried', async () => {
    for (const path of ['', '/', '/api/queues', '/static/favicon-32x32.png']) {
      for (const wrong of [
        null,
        'Bearer',
        'Bearer ',
        `Bearer ${TOKEN}x`,
        basic(''),
        `Token ${TOKEN}`,
      ]) {
        const answer = await ask(path, wrong);
        assert.equal(answer.status, 401, `${path} with ${wrong}`);
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic/);
      }
    }
    assert.equal((await worker.logged('admin_token_refused')).client, '127.0.0.1');
    assert.ok(worker.output.every((line) => !line.includes(TOKEN)));
  });

  it('opens with the token as a bearer token or as a password', async () => {
    assert.equal((await ask('', `Bearer ${TOKEN}`)).status, 200);
    const page = await ask('', basic(TOKEN));
    assert.equal(page.status, 200);
    const html = await page.text();
    assert.match(html, /<html/);
    assert.doesNotMatch(html, /(src|href)="(https?:)?\/\//);
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self';/);
  });

  it('shows a job without the links of its photos and without its prompt', async () => {
    const hold = shop.stack.openai.faults.add({ method: 'POST', kind: 'hold' });
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    await push(shop.platform, tryOn);
    await hold.hit;
    const list = await ask('/api/queues?activeQueue=generation&status=active', basic(TOKEN));
    const one = await ask(`/api/queues/generation/${tryOn.sessionId}`, basic(TOKEN));
    for (const answer of [list, one]) {
      assert.equal(answer.status, 200);
      const text = await answer.text();
      assert.ok(text.includes(tryOn.sessionId));
      assert.match(text, /\[hidden\]/);
      assert.doesNotMatch(text, /token=|object\/sign|portrait/i);
    }
    hold.release();
  });

  it('changes nothing', async () => {
    for (const path of ['/api/queues/generation/pause', '/api/queues/pause']) {
      const answer = await ask(path, basic(TOKEN), 'PUT');
      assert.equal(answer.status, 405, path);
    }
  });
});

it('a worker without a token has no board', async () => {
  await using plain = await startWorkerProcess(shop.stack.env);
  assert.equal((await fetch(`${plain.address}/admin/queues`)).status, 404);
});
