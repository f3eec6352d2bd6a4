/**
 * Pages that stay the same while the process lives: compressed once, and not sent again to a client
 * that has them.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

interface Page {
  readonly etag: string;
  readonly compressed: Buffer;
}

async function pageOf(text: string): Promise<Page> {
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { etag: `W/"${digest}"`, compressed: await promisify(gzip)(text) };
}

/** Adds ETag and gzip to every page of `scope` that is sent as text. */
export function serveCompressed(scope: FastifyInstance): void {
  const pages = new Map<string, Promise<Page>>();
  scope.addHook('onSend', async ({ headers, routeOptions }, reply, payload) => {
    if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const route = routeOptions.url ?? '';
    const page = pages.get(route) ?? pageOf(payload);
    pages.set(route, page);
    const { etag, compressed } = await page;
    reply.headers({ etag, vary: 'accept-encoding', 'cache-control': 'no-cache' });
    if (headers['if-none-match'] === etag) {
      reply.code(304);
      return '';
    }
    if (!/\bgzip\b/.test(headers['accept-encoding'] ?? '')) return payload;
    reply.header('content-encoding', 'gzip');
    return compressed;
  });
}
