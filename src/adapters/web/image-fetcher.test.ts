import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startHttpHost } from '../../../test/support/network/http-host.ts';
import {
  assertHangsUp,
  beginJpeg,
  failureOf,
  PICTURE,
  servePicture,
  trusting,
  WITHIN_A_MINUTE,
} from '../../../test/support/network/picture-fetch.ts';
import { TaskError } from '../../errors.ts';

describe('the image fetcher', () => {
  it('fetches a picture of a trusted origin over http on loopback', async () => {
    await using host = await startHttpHost(servePicture);
    await using fetcher = trusting(host.origin);
    const bytes = await fetcher.fetch(`${host.origin}/a.jpg?token=1`, WITHIN_A_MINUTE);
    assert.deepEqual(Buffer.from(bytes), PICTURE);
    assert.equal(host.requests[0]?.url, '/a.jpg?token=1');
    assert.equal(host.requests[0]?.headers['accept-encoding'], 'identity');
  });

  it('does not follow redirects', async () => {
    await using target = await startHttpHost(servePicture);
    const error = await failureOf((_request, response) => {
      response.writeHead(302, { location: `${target.origin}/a.jpg` }).end();
    });
    assert.equal(error.message, 'INVALID_IMAGE (refused)');
    assert.equal(target.connections(), 0);
  });

  it('distinguishes dead links from hosts that are down', async () => {
    const expected = [
      [[400, 401, 403, 404, 410, 204, 206], 'INVALID_IMAGE (unreachable)'],
      [[408, 425, 429, 500, 502, 503, 504], 'IMAGE_UNAVAILABLE (status)'],
    ] as const;
    for (const [statuses, message] of expected) {
      for (const status of statuses) {
        const error = await failureOf((_request, response) => {
          response.writeHead(status, { 'content-type': 'image/jpeg' });
          response.end(status === 204 ? undefined : PICTURE);
        });
        assert.equal(error.message, message, `${status}`);
      }
    }
  });

  it("trusts the status inside Storage's 400, but not its plain 404", async () => {
    const missing = '{"statusCode":"404","error":"not_found","message":"Object not found"}';
    const behind = '{"statusCode":"503","error":"DatabaseSchemaMismatch","message":"out of sync"}';
    const expected = [
      [404, '{"message":"no Route matched"}', 'STORAGE_UNAVAILABLE (status)'],
      [400, behind, 'STORAGE_UNAVAILABLE (status)'],
      [400, missing, 'INVALID_IMAGE (unreachable)'],
      [400, '<html>', 'INVALID_IMAGE (unreachable)'],
      [400, ' '.repeat(100_000) + behind, 'INVALID_IMAGE (unreachable)'],
    ] as const;
    for (const [status, body, message] of expected) {
      await using host = await startHttpHost((_request, response) => {
        response.writeHead(status).end(body);
      });
      await using fetcher = trusting(host.origin);
      const link = `${host.origin}/storage/v1/object/sign/b/a.jpg?token=x`;
      await assert.rejects(fetcher.fetch(link, WITHIN_A_MINUTE), { message }, body.slice(0, 80));
    }
  });

  it('refuses an announced length over the limit without reading', async () => {
    const error = await failureOf((_request, response) => {
      beginJpeg(response, { 'content-length': '1000000' }).flushHeaders();
    }, 999_999);
    assert.equal(error.message, 'INVALID_IMAGE (too_large)');
  });

  it('hangs up on an answer that it refuses by its head', async () => {
    await assertHangsUp((_request, response) => {
      response.writeHead(404, { 'content-type': 'image/jpeg' }).write(PICTURE);
    }, 'INVALID_IMAGE (unreachable)');
  });

  it('hangs up on a web page after its first bytes', async () => {
    await assertHangsUp((_request, response) => {
      beginJpeg(response).write('<html>'.padEnd(600));
    }, 'INVALID_IMAGE (no_picture)');
  });

  it('hangs up on an endless body at the limit', async () => {
    let sent = 0;
    await assertHangsUp(
      (_request, response) => {
        beginJpeg(response);
        const pour = () => {
          while (!response.destroyed) {
            sent += 65_536;
            if (!response.write(Buffer.alloc(65_536, PICTURE))) break;
          }
        };
        response.on('drain', pour).on('error', () => {});
        pour();
      },
      'INVALID_IMAGE (too_large)',
      { maxBytes: 100_000 },
    );
    assert.ok(sent < 20_000_000, `${sent} bytes were sent`);
  });

  it('takes a body of exactly the limit', async () => {
    await using host = await startHttpHost(servePicture);
    await using fetcher = trusting(host.origin, { maxBytes: PICTURE.length });
    const bytes = await fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE);
    assert.equal(bytes.length, PICTURE.length);
  });

  it('refuses encoded answers, web pages, other formats and nothing at all', async () => {
    const answers: [Record<string, string>, Buffer, string][] = [
      [{ 'content-encoding': 'gzip' }, PICTURE, 'encoded'],
      [{ 'content-type': 'text/html' }, Buffer.from('<html>sign in</html>'), 'no_picture'],
      [{}, Buffer.from('<svg xmlns="…"/>'), 'unsupported'],
      [{}, Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), 'heic'],
      [{}, Buffer.alloc(0), 'unreadable'],
    ];
    for (const [headers, body, detail] of answers) {
      const error = await failureOf((_request, response) => {
        beginJpeg(response, headers).end(body);
      });
      assert.equal(error.message, `INVALID_IMAGE (${detail})`);
    }
  });

  it('names no link, host or vendor text in what it throws', async () => {
    const secret = 'secret-token';
    await using host = await startHttpHost((_request, response) => response.destroy());
    await using fetcher = trusting(host.origin);
    const url = `${host.origin}/a.jpg?token=${secret}`;
    const error = await fetcher.fetch(url, WITHIN_A_MINUTE).catch((e: TaskError) => e);
    assert.ok(error instanceof TaskError);
    assert.ok(!`${error.message} ${error.publicText} ${error.detail}`.includes(secret));
    assert.doesNotMatch(`${error.message} ${error.publicText}`, /127\.0\.0\.1|http|undici/i);
  });
});
