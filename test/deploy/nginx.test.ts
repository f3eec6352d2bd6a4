/**
 * deploy/nginx in front of two real workers.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { onFreePort } from '../../local/loopback.ts';
import { openShop } from '../support/shop.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { type Nginx, startNginx, whyNoNginx } from './nginx.ts';

const reason = whyNoNginx();
const ADDRESSES = ['127.0.0.1', '127.0.0.2'];

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe('nginx in front of the workers', { skip: reason ?? false }, () => {
  const parts = new AsyncDisposableStack();
  let workers: WorkerProcess[];
  let nginx: Nginx;

  before(async () => {
    const shop = parts.use(await openShop());
    // Both at one port, as in containers.
    const [port, started] = await onFreePort(async (port) => {
      const env = { ...shop.stack.env, PORT: String(port), POSE_WORKERS: '1' };
      const all = ADDRESSES.map((HOST) => startWorkerProcess({ ...env, HOST }));
      return [port, await Promise.all(all)] as const;
    });
    workers = started.map((worker) => parts.use(worker));
    // So slow that a busy machine asks for more, and above what the tests before that one ask for.
    nginx = parts.use(await startNginx(ADDRESSES, port, '1r/s'));
  });

  after(() => parts.disposeAsync());

  function ask(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const { method = 'GET', headers = {}, body } = options;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const target = { host: '127.0.0.1', port: nginx.httpsPort, rejectUnauthorized: false };
    const call = request({ ...target, path, method, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
      });
    });
    call.on('error', reject);
    call.end(body);
    return promise;
  }

  const estimate = (body: string, headers: Record<string, string> = {}) =>
    ask('/estimate-body', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  /** The protocol that is agreed on when the client offers only this one; null when none is. */
  function handshake(version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const socket = connect({
      host: '127.0.0.1',
      port: nginx.httpsPort,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      // OpenSSL does not offer the old ones at all otherwise.
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once('error', () => resolve(null));
    return promise;
  }

  it('has a configuration that nginx -t accepts', () => {
    assert.match(nginx.verdict, /test is successful/);
    assert.doesNotMatch(nginx.verdict, /\[(warn|emerg)\](?!.*"user" directive)/);
  });

  it('speaks TLS 1.2 and 1.3 and nothing older', async () => {
    assert.equal(await handshake('TLSv1.1'), null);
    assert.equal(await handshake('TLSv1.2'), 'TLSv1.2');
    assert.equal(await handshake('TLSv1.3'), 'TLSv1.3');
  });

  it('redirects HTTP to HTTPS, except the certificate challenge', async () => {
    const plain = `http://127.0.0.1:${nginx.httpPort}`;
    const moved = await fetch(`${plain}/estimate-body?x=1`, { redirect: 'manual' });
    assert.equal(moved.status, 301);
    assert.equal(moved.headers.get('location'), 'https://127.0.0.1/estimate-body?x=1');
    const folder = join(nginx.webroot, '.well-known/acme-challenge');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'token'), 'proof');
    const proof = await fetch(`${plain}/.well-known/acme-challenge/token`);
    assert.equal(await proof.text(), 'proof');
  });

  it('passes the public paths on, with headers that browsers obey', async () => {
    for (const path of ['/health', '/livez', '/docs/']) {
      const { status, headers } = await ask(path);
      assert.ok([200, 503].includes(status), `${path}: ${status}`);
      assert.match(String(headers['strict-transport-security']), /max-age=31536000/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
    const { status, body } = await estimate('{}');
    assert.equal(status, 422);
    assert.ok(Array.isArray(JSON.parse(body).detail), 'the worker’s own answer');
  });

  it('hides metrics, readiness, the queue board and unknown paths', async () => {
    for (const path of ['/metrics', '/readyz', '/admin/queues', '/admin', '/docs-of-others']) {
      const { status, headers } = await ask(path);
      assert.equal(status, 404, path);
      assert.match(String(headers['content-type']), /problem\+json/, path);
    }
    for (const path of [
      '/admin/queues/../../docs/',
      '/admin/queues/..%2f../docs/',
      '/admin/queues/%2e%2e/%2e%2e/docs/',
      '/admin/queues/.%2e/../docs/',
      '/admin/queues/api/queues/../../../../docs/x',
      '/metrics/../docs/',
    ]) {
      assert.equal((await ask(path)).status, 404, path);
    }
    for (const path of ['/health/../metrics', '//metrics', '/docs/../metrics', '/%6detrics']) {
      assert.notEqual((await ask(path)).status, 200, path);
    }
  });

  it('has an answer for what browsers ask for on their own', async () => {
    const front = await ask('/');
    assert.deepEqual(
      [front.status, new URL(String(front.headers.location)).pathname],
      [302, '/docs/'],
    );
    assert.equal((await ask('/favicon.ico')).status, 204);
  });

  it('passes a request id on, makes a missing one, replaces a harmful one', async () => {
    const idOf = async (headers?: Record<string, string>) =>
      String((await estimate('{}', headers)).headers['x-request-id']);
    assert.equal(await idOf({ 'x-request-id': 'shop-17' }), 'shop-17');
    assert.match(await idOf(), /^[0-9a-f]{32}$/);
    assert.match(await idOf({ 'x-request-id': 'a"b{c' }), /^[0-9a-f]{32}$/);
  });

  it('refuses a body that no estimate needs', async () => {
    const { status, headers } = await estimate('x'.repeat(20_000));
    assert.equal(status, 413);
    assert.match(String(headers['content-type']), /problem\+json/);
  });

  it('asks the other worker when one is gone', async () => {
    await workers[0]?.end('SIGKILL');
    const answers = await Promise.all(Array.from({ length: 10 }, () => estimate('{}')));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [422]);
  });

  it('slows a client that asks more than it may', async () => {
    const answers = await Promise.all(Array.from({ length: 120 }, () => estimate('{}')));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0, 'some are refused');
    assert.ok(refused.every(({ headers }) => headers['retry-after'] === '1'));
    for (const { headers } of refused) assert.ok('strict-transport-security' in headers);
    assert.ok(
      answers.some(({ status }) => status === 422),
      'and some are answered',
    );
  });

  it('says when no worker is there', async () => {
    await workers[1]?.end('SIGKILL');
    const { status, headers, body } = await ask('/health');
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], '2');
    assert.ok('strict-transport-security' in headers);
    assert.equal(JSON.parse(body).detail, 'Service temporarily unavailable');
  });
});
