import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { buildConnector } from 'undici';
import { type Dialled, dialTo, startImageHost } from '../../../test/support/image-host.ts';
import { TaskError } from '../../errors.ts';
import { WebImageFetcher } from './image-fetcher.ts';

const NEVER = new AbortController().signal;
const WITHIN_A_MINUTE = { timeoutMs: 60_000, signal: NEVER };
const PICTURE = await sharp({
  create: { width: 8, height: 8, channels: 3, background: 'tan' },
})
  .jpeg()
  .toBuffer();

const servePicture: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'image/jpeg' }).end(PICTURE);
};

function trusting(origin: string, maxBytes?: number): WebImageFetcher {
  const size = maxBytes === undefined ? {} : { maxBytes };
  return new WebImageFetcher({ trustedOrigins: [origin], hostAllowlist: null, ...size });
}

/** What fetching from a trusted host that answers like `answer` fails with. */
async function failureOf(answer: RequestListener, maxBytes?: number): Promise<TaskError> {
  await using host = await startImageHost(answer);
  await using fetcher = trusting(host.origin, maxBytes);
  const error = await fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE).catch((e) => e);
  assert.ok(error instanceof TaskError, `expected a TaskError, got ${error}`);
  return error;
}

describe('the image fetcher', () => {
  it('fetches a picture of a trusted origin over http on loopback', async () => {
    await using host = await startImageHost(servePicture);
    await using fetcher = trusting(host.origin);
    const bytes = await fetcher.fetch(`${host.origin}/a.jpg?token=1`, WITHIN_A_MINUTE);
    assert.deepEqual(Buffer.from(bytes), PICTURE);
    assert.equal(host.requests[0]?.url, '/a.jpg?token=1');
    assert.equal(host.requests[0]?.headers['accept-encoding'], 'identity');
  });

  it('keeps its connections for the next picture of the same host', async () => {
    await using host = await startImageHost(servePicture);
    await using fetcher = trusting(host.origin);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await fetcher.fetch(`${host.origin}/${name}.jpg`, WITHIN_A_MINUTE);
    }
    // A request that follows at once may find the first connection not yet free again.
    assert.ok(host.connections() <= 2, `${host.connections()} connections for 6 pictures`);
  });

  it('fetches from a public host at the addresses that were checked', async () => {
    await using host = await startImageHost(servePicture);
    const dialled: Dialled[] = [];
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: async () => ['93.184.216.34', '2606:2800:220:1::1'],
      dial: dialTo(host.port, dialled),
    });
    const bytes = await fetcher.fetch('https://shop.example/a.jpg', WITHIN_A_MINUTE);
    assert.deepEqual(Buffer.from(bytes), PICTURE);
    assert.deepEqual(dialled, [
      { addresses: ['93.184.216.34', '2606:2800:220:1::1'], hostname: 'shop.example', port: '' },
    ]);
    assert.equal(host.requests[0]?.headers.host, 'shop.example');
  });

  it('refuses a host with a non-public address and opens no connection', async () => {
    await using host = await startImageHost(servePicture);
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: async () => ['93.184.216.34', '10.0.0.1'],
      dial: dialTo(host.port),
    });
    await assert.rejects(fetcher.fetch('https://shop.example/a.jpg', WITHIN_A_MINUTE), {
      code: 'INVALID_IMAGE',
      detail: 'refused',
    });
    assert.equal(host.connections(), 0);
  });

  it('does not follow redirects', async () => {
    await using target = await startImageHost(servePicture);
    const error = await failureOf((_request, response) => {
      response.writeHead(302, { location: `${target.origin}/a.jpg` }).end();
    });
    assert.equal(error.message, 'INVALID_IMAGE (refused)');
    assert.equal(target.connections(), 0);
  });

  it('tells dead links, which stay dead, from hosts that are only down', async () => {
    const codes = [400, 401, 403, 404, 410, 204, 206, 408, 425, 429, 500, 502, 503, 504];
    const seen = new Map<number, string>();
    for (const status of codes) {
      const error = await failureOf((_request, response) => {
        response.writeHead(status, { 'content-type': 'image/jpeg' });
        response.end(status === 204 ? undefined : PICTURE);
      });
      seen.set(status, error.message);
    }
    const dead = codes.filter((code) => seen.get(code) === 'INVALID_IMAGE (unreachable)');
    const down = codes.filter((code) => seen.get(code) === 'IMAGE_UNAVAILABLE (status)');
    assert.deepEqual(dead, [400, 401, 403, 404, 410, 204, 206]);
    assert.deepEqual(down, [408, 425, 429, 500, 502, 503, 504]);
  });

  it("retries the gateway's 404, not Storage's 400 for a missing object", async () => {
    await using host = await startImageHost(({ url = '' }, response) => {
      response.writeHead(url.includes('missing') ? 400 : 404).end('{}');
    });
    await using fetcher = trusting(host.origin);
    const fetch = (name: string) =>
      fetcher.fetch(`${host.origin}/storage/v1/object/sign/b/${name}?token=x`, WITHIN_A_MINUTE);
    await assert.rejects(fetch('a.jpg'), { message: 'IMAGE_UNAVAILABLE (status)' });
    await assert.rejects(fetch('missing.jpg'), { message: 'INVALID_IMAGE (unreachable)' });
  });

  it('refuses an announced length over the limit without reading', async () => {
    const error = await failureOf((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': '1000000' });
      response.flushHeaders();
    }, 999_999);
    assert.equal(error.message, 'INVALID_IMAGE (too_large)');
  });

  it('hangs up on an answer that it refuses by its head', async () => {
    await using host = await startImageHost((_request, response) => {
      response.writeHead(404, { 'content-type': 'image/jpeg' }).write(PICTURE);
    });
    await using fetcher = trusting(host.origin);
    await assert.rejects(fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE), {
      message: 'INVALID_IMAGE (unreachable)',
    });
    await host.deserted();
  });

  it('hangs up on an endless body at the limit', async () => {
    let sent = 0;
    await using host = await startImageHost((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      const pour = () => {
        while (!response.destroyed) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536, PICTURE))) break;
        }
      };
      response.on('drain', pour).on('error', () => {});
      pour();
    });
    await using fetcher = trusting(host.origin, 100_000);
    await assert.rejects(fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE), {
      code: 'INVALID_IMAGE',
      detail: 'too_large',
    });
    await host.deserted();
    assert.ok(sent < 20_000_000, `${sent} bytes were sent`);
  });

  it('takes a body of exactly the limit', async () => {
    await using host = await startImageHost(servePicture);
    await using fetcher = trusting(host.origin, PICTURE.length);
    const bytes = await fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE);
    assert.equal(bytes.length, PICTURE.length);
  });

  it('refuses encoded answers, web pages, other formats and nothing at all', async () => {
    const answers: [Record<string, string>, Buffer, string][] = [
      [{ 'content-type': 'image/jpeg', 'content-encoding': 'gzip' }, PICTURE, 'encoded'],
      [{ 'content-type': 'text/html' }, Buffer.from('<html>sign in</html>'), 'no_picture'],
      [{ 'content-type': 'image/jpeg' }, Buffer.from('<svg xmlns="…"/>'), 'unsupported'],
      [{ 'content-type': 'image/jpeg' }, Buffer.alloc(0), 'unreadable'],
    ];
    for (const [headers, body, detail] of answers) {
      const error = await failureOf((_request, response) => {
        response.writeHead(200, headers).end(body);
      });
      assert.equal(error.message, `INVALID_IMAGE (${detail})`);
    }
  });

  it('hangs up on a web page after its first bytes', async () => {
    await using host = await startImageHost((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' }).write('<html>'.padEnd(600));
    });
    await using fetcher = trusting(host.origin);
    await assert.rejects(fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE), {
      message: 'INVALID_IMAGE (no_picture)',
    });
    await host.deserted();
  });

  it('ends a drip that never ends at the deadline, and frees the connection', async () => {
    await using host = await startImageHost((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      const drip = setInterval(() => response.write(PICTURE.subarray(0, 1)), 5);
      response.on('close', () => clearInterval(drip)).on('error', () => {});
    });
    await using fetcher = trusting(host.origin);
    const fetching = fetcher.fetch(`${host.origin}/a.jpg`, { timeoutMs: 200, signal: NEVER });
    await assert.rejects(fetching, { code: 'IMAGE_UNAVAILABLE', detail: 'timeout' });
    await host.deserted();
  });

  it('counts the time to resolve the name towards the deadline', async () => {
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: () => new Promise(() => {}),
      dial: () => assert.fail('must not connect'),
    });
    const fetching = fetcher.fetch('https://slow.example/', { timeoutMs: 50, signal: NEVER });
    await assert.rejects(fetching, { code: 'IMAGE_UNAVAILABLE', detail: 'timeout' });
  });

  it('rejects with the reason of its signal, before and during a download', async () => {
    const reason = new Error('stopping');
    const stop = new AbortController();
    await using host = await startImageHost(() => stop.abort(reason));
    await using fetcher = trusting(host.origin);
    const fetching = () =>
      fetcher.fetch(`${host.origin}/a.jpg`, { timeoutMs: 60_000, signal: stop.signal });
    await assert.rejects(fetching, (error) => error === reason);
    await host.deserted();
    await assert.rejects(fetching, (error) => error === reason);
    assert.equal(host.connections(), 1);
  });

  it('takes a refused or broken connection for a host that is down', async () => {
    const dead = await startImageHost(servePicture);
    await dead[Symbol.asyncDispose]();
    await using fetcher = trusting(dead.origin);
    await assert.rejects(fetcher.fetch(`${dead.origin}/a.jpg`, WITHIN_A_MINUTE), {
      code: 'IMAGE_UNAVAILABLE',
    });
    const broken = await failureOf((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': '99999' });
      response.write(PICTURE, () => response.destroy());
    });
    assert.equal(broken.code, 'IMAGE_UNAVAILABLE');
  });

  it('takes NXDOMAIN for a dead link, and retries when a resolver fails', async () => {
    const codes = {
      ENOTFOUND: 'INVALID_IMAGE (unreachable)',
      ENODATA: 'INVALID_IMAGE (unreachable)',
      ESERVFAIL: 'IMAGE_UNAVAILABLE (connection)',
      ETIMEOUT: 'IMAGE_UNAVAILABLE (connection)',
    };
    for (const [code, message] of Object.entries(codes)) {
      await using fetcher = new WebImageFetcher({
        trustedOrigins: [],
        hostAllowlist: null,
        resolve: () => Promise.reject(Object.assign(new Error('queryA shop.example'), { code })),
        dial: () => assert.fail('must not connect'),
      });
      await assert.rejects(fetcher.fetch('https://shop.example/a.jpg', WITHIN_A_MINUTE), {
        message,
      });
    }
  });

  it('takes an invalid certificate for a dead link, except on trusted hosts', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const origin = `https://127.0.0.1:${port}`;
    await using trustful = trusting(origin);
    await assert.rejects(trustful.fetch(`${origin}/a.jpg`, WITHIN_A_MINUTE), {
      message: 'IMAGE_UNAVAILABLE (connection)',
    });
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: async () => ['93.184.216.34'],
      dial: () => (options, callback) => {
        const here = { ...options, hostname: '127.0.0.1', port: String(port) };
        buildConnector({ allowH2: false })(here, callback);
      },
    });
    await assert.rejects(fetcher.fetch('https://shop.example/a.jpg', WITHIN_A_MINUTE), {
      message: 'INVALID_IMAGE (unreachable)',
    });
    server.close();
  });

  it('closes the connection to a stranger that asks to keep it', async () => {
    await using host = await startImageHost((_request, response) => {
      response.writeHead(200, {
        'content-type': 'image/jpeg',
        connection: 'keep-alive',
        'keep-alive': 'timeout=600',
      });
      response.end(PICTURE);
    });
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: async () => ['93.184.216.34'],
      dial: dialTo(host.port),
    });
    const names = ['a', 'b', 'c'].map((name) => `https://${name}.example/a.jpg`);
    await Promise.all(names.map((link) => fetcher.fetch(link, WITHIN_A_MINUTE)));
    await host.deserted();
    assert.equal(host.connections(), 3);
  });

  it('gives up on a host that stalls or drips below the least speed', async () => {
    const drip: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      const timer = setInterval(() => response.write(PICTURE.subarray(0, 1)), 2);
      response.on('close', () => clearInterval(timer)).on('error', () => {});
    };
    const stall: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' }).write(PICTURE);
    };
    for (const answer of [drip, stall, () => {}]) {
      await using host = await startImageHost(answer);
      await using fetcher = new WebImageFetcher({
        trustedOrigins: [host.origin],
        hostAllowlist: null,
        leastSpeed: { bytes: 1_000, windowMs: 100 },
      });
      await assert.rejects(fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE), {
        message: 'IMAGE_UNAVAILABLE (too_slow)',
      });
      await host.deserted();
    }
  });

  it('reads on once memory is free, and does not blame the host for the wait', async () => {
    await using host = await startImageHost(servePicture);
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [host.origin],
      hostAllowlist: null,
      leastSpeed: { bytes: 1, windowMs: 20 },
    });
    let taken = 0;
    const take = async (bytes: number) => {
      taken += bytes;
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const picture = await fetcher.fetch(`${host.origin}/a.jpg`, {
      timeoutMs: 90,
      signal: WITHIN_A_MINUTE.signal,
      take,
    });
    assert.deepEqual([picture.length, taken], [PICTURE.length, PICTURE.length]);
  });

  it('uses no proxy, whatever the environment says', async (t) => {
    await using proxy = await startImageHost(servePicture);
    await using host = await startImageHost(servePicture);
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

  it('names no link, host or vendor text in what it throws', async () => {
    const secret = 'secret-token';
    await using host = await startImageHost((_request, response) => response.destroy());
    await using fetcher = trusting(host.origin);
    const url = `${host.origin}/a.jpg?token=${secret}`;
    const error = await fetcher.fetch(url, WITHIN_A_MINUTE).catch((e: TaskError) => e);
    assert.ok(error instanceof TaskError);
    assert.ok(!`${error.message} ${error.publicText} ${error.detail}`.includes(secret));
    assert.doesNotMatch(`${error.message} ${error.publicText}`, /127\.0\.0\.1|http|undici/i);
  });
});
