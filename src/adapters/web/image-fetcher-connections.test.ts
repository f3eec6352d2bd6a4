import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { buildConnector } from 'undici';
import { startDnsServer } from '../../../test/support/network/dns-server.ts';
import {
  type Dialled,
  dialTo,
  flood,
  startHttpHost,
} from '../../../test/support/network/http-host.ts';
import {
  beginJpeg,
  failureOf,
  fetcherWith,
  PICTURE,
  STRANGER,
  servePicture,
  trusting,
  WITHIN_A_MINUTE,
} from '../../../test/support/network/picture-fetch.ts';
import { dnsLookup } from './dns-lookup.ts';

describe('a connection of the image fetcher', () => {
  it('is kept for the next picture of the same trusted host', async () => {
    await using host = await startHttpHost(servePicture);
    await using fetcher = trusting(host.origin);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await fetcher.fetch(`${host.origin}/${name}.jpg`, WITHIN_A_MINUTE);
    }
    // A request that follows at once may find the first connection not yet free again.
    assert.ok(host.connections() <= 2, `${host.connections()} connections for 6 pictures`);
  });

  it('to a stranger is closed, though the host asks to keep it', async () => {
    await using host = await startHttpHost((_request, response) => {
      beginJpeg(response, { connection: 'keep-alive', 'keep-alive': 'timeout=600' }).end(PICTURE);
    });
    const dial = dialTo(host.port);
    await using fetcher = fetcherWith({ resolve: async () => ['93.184.216.34'], dial });
    const names = ['a', 'b', 'c'].map((name) => `https://${name}.example/a.jpg`);
    await Promise.all(names.map((link) => fetcher.fetch(link, WITHIN_A_MINUTE)));
    await host.deserted();
    assert.equal(host.connections(), 3);
  });

  it('leads to the addresses of a public host that were checked', async () => {
    await using host = await startHttpHost(servePicture);
    const dialled: Dialled[] = [];
    const addresses = ['93.184.216.34', '2606:2800:220:1::1'];
    const dial = dialTo(host.port, dialled);
    await using fetcher = fetcherWith({ resolve: async () => addresses, dial });
    assert.deepEqual(Buffer.from(await fetcher.fetch(STRANGER, WITHIN_A_MINUTE)), PICTURE);
    assert.deepEqual(dialled, [{ addresses, hostname: 'shop.example', port: '' }]);
    assert.equal(host.requests[0]?.headers.host, 'shop.example');
  });

  it('to an alias without addresses fails like one to an unknown host', async () => {
    await using dns = await startDnsServer({ 'shop.example': { cname: 'deleted.example' } });
    const resolve = dnsLookup({ servers: [dns.address], timeoutMs: 60_000 });
    await using fetcher = fetcherWith({ resolve });
    // Where undici's connector gets no error for a missing socket, it throws where no one catches.
    await assert.rejects(fetcher.fetch(STRANGER, WITHIN_A_MINUTE), {
      code: 'INVALID_IMAGE',
      detail: 'unreachable',
    });
  });

  it('ends when a host sends more than an answer of the greatest size has', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    const floods = {
      'a status line': ['HTTP/1.1 200 ', 'O'],
      '1xx answers': ['', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
      'the length of a chunk': [chunked, '0'],
      'the extension of a chunk': [`${chunked}1;`, 'x'],
    } as const;
    for (const [what, [head, endless]] of Object.entries(floods)) {
      await using host = await startHttpHost(({ socket }) => flood(socket, head, endless));
      const resolve = async () => ['93.184.216.34'];
      await using fetcher = fetcherWith({ resolve, dial: dialTo(host.port), maxBytes: 65_536 });
      const fetching = fetcher.fetch(STRANGER, WITHIN_A_MINUTE);
      await assert.rejects(fetching, { message: 'INVALID_IMAGE (unreachable)' }, what);
      await host.deserted();
    }
  });

  it('is not opened to a host with a non-public address', async () => {
    await using host = await startHttpHost(servePicture);
    const resolve = async () => ['93.184.216.34', '10.0.0.1'];
    await using fetcher = fetcherWith({ resolve, dial: dialTo(host.port) });
    await assert.rejects(fetcher.fetch(STRANGER, WITHIN_A_MINUTE), {
      code: 'INVALID_IMAGE',
      detail: 'refused',
    });
    assert.equal(host.connections(), 0);
  });

  it('that is refused or breaks means that the host is down', async () => {
    const dead = await startHttpHost(servePicture);
    await dead[Symbol.asyncDispose]();
    await using fetcher = trusting(dead.origin);
    await assert.rejects(fetcher.fetch(`${dead.origin}/a.jpg`, WITHIN_A_MINUTE), {
      code: 'IMAGE_UNAVAILABLE',
    });
    const broken = await failureOf((_request, response) => {
      beginJpeg(response, { 'content-length': '99999' }).write(PICTURE, () => response.destroy());
    });
    assert.equal(broken.code, 'IMAGE_UNAVAILABLE');
  });

  it('is not opened on NXDOMAIN, a dead link, nor when a resolver fails', async () => {
    const codes = {
      ENOTFOUND: 'INVALID_IMAGE (unreachable)',
      ENODATA: 'INVALID_IMAGE (unreachable)',
      ESERVFAIL: 'IMAGE_UNAVAILABLE (connection)',
      ETIMEOUT: 'IMAGE_UNAVAILABLE (connection)',
    };
    for (const [code, message] of Object.entries(codes)) {
      await using fetcher = fetcherWith({
        resolve: () => Promise.reject(Object.assign(new Error('queryA shop.example'), { code })),
        dial: () => assert.fail('must not connect'),
      });
      await assert.rejects(fetcher.fetch(STRANGER, WITHIN_A_MINUTE), { message });
    }
  });

  it('with an invalid certificate is a dead link, except on trusted hosts', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    using _ending = { [Symbol.dispose]: () => void server.close() };
    const { port } = server.address() as AddressInfo;
    const origin = `https://127.0.0.1:${port}`;
    await using trustful = trusting(origin);
    await assert.rejects(trustful.fetch(`${origin}/a.jpg`, WITHIN_A_MINUTE), {
      message: 'IMAGE_UNAVAILABLE (connection)',
    });
    await using fetcher = fetcherWith({
      resolve: async () => ['93.184.216.34'],
      dial: () => (options, callback) => {
        const here = { ...options, hostname: '127.0.0.1', port: String(port) };
        buildConnector({ allowH2: false })(here, callback);
      },
    });
    await assert.rejects(fetcher.fetch(STRANGER, WITHIN_A_MINUTE), {
      message: 'INVALID_IMAGE (unreachable)',
    });
  });

  it('goes through no proxy, whatever the environment says', async (t) => {
    await using proxy = await startHttpHost(servePicture);
    await using host = await startHttpHost(servePicture);
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      const before = process.env[name];
      process.env[name] = proxy.origin;
      t.after(() => {
        if (before === undefined) delete process.env[name];
        else process.env[name] = before;
      });
    }
    await using fetcher = trusting(host.origin);
    await fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE);
    assert.equal(proxy.connections(), 0);
  });
});
