/**
 * How objects of the local Storage are read: by links that are signed for a time, and by key.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readToken, signToken } from './keys.ts';
import type { ObjectPath, Objects, StoredObject } from './objects.ts';
import { invalidRange, linkRefused, tokenRefused } from './storage-errors.ts';

const NOT_SIGNED = 'Either the object does not exist or you do not have access to it';

const LIFE = {
  type: 'object',
  required: ['expiresIn'],
  properties: { expiresIn: { type: 'integer', minimum: 1 } },
};
const TOKEN = {
  type: 'object',
  required: ['token'],
  properties: { token: { type: 'string' }, download: { type: 'string' } },
};

/** Signing a link needs a key; opening one does not. */
export function addLinks(app: FastifyInstance, objects: Objects, secret: string): void {
  const sign = async (bucket: string, name: string, expiresInSeconds: number) => {
    await objects.get(bucket, name);
    const iat = Math.floor(Date.now() / 1000);
    const url = `${bucket}/${name}`;
    const claims = { url, scope: 'object', iat, exp: iat + expiresInSeconds };
    return `/object/sign/${url}?token=${signToken(claims, secret, { alg: 'HS256' })}`;
  };
  app.post<{ Params: ObjectPath; Body: { expiresIn: number } }>(
    '/storage/v1/object/sign/:bucket/*',
    { schema: { body: LIFE } },
    async ({ params, body }) => ({
      signedURL: await sign(params.bucket, params['*'], body.expiresIn),
    }),
  );
  app.post<{ Params: { bucket: string }; Body: { expiresIn: number; paths: string[] } }>(
    '/storage/v1/object/sign/:bucket',
    { schema: { body: LIFE } },
    ({ params, body }) =>
      Promise.all(
        body.paths.map((path) =>
          sign(params.bucket, path, body.expiresIn).then(
            (signedURL) => ({ error: null, path, signedURL }),
            () => ({ error: NOT_SIGNED, path, signedURL: null }),
          ),
        ),
      ),
  );
  app.get<{ Params: ObjectPath; Querystring: { token: string; download?: string } }>(
    '/storage/v1/object/sign/:bucket/*',
    { schema: { querystring: TOKEN } },
    async (request, reply) => {
      const { params, query } = request;
      const read = readToken(query.token, secret);
      if ('problem' in read) throw tokenRefused(read.problem);
      if (read.claims.url !== `${params.bucket}/${params['*']}`) throw linkRefused();
      reply.header('expires', new Date(Number(read.claims.exp) * 1000).toUTCString());
      if (query.download !== undefined) {
        const name = encodeURIComponent(query.download || (params['*'].split('/').at(-1) ?? ''));
        const disposition = `attachment; filename=${name}; filename*=UTF-8''${name}`;
        reply.header('content-disposition', disposition);
      }
      return sendObject(request, reply, objects);
    },
  );
}

export function addDownloads(app: FastifyInstance, objects: Objects): void {
  const download = async (request: FastifyRequest, reply: FastifyReply) => {
    const { bucket, '*': name } = request.params as ObjectPath;
    reply.header('cache-control', (await objects.get(bucket, name)).metadata.cacheControl);
    return sendObject(request, reply, objects);
  };
  app.get('/storage/v1/object/:bucket/*', download);
  app.get('/storage/v1/object/authenticated/:bucket/*', download);
  app.get<{ Params: ObjectPath }>('/storage/v1/object/info/:bucket/*', async ({ params }) => {
    const found = await objects.get(params.bucket, params['*']);
    const { id, name, version, bucket_id, metadata, created_at } = found;
    return {
      id,
      name,
      version,
      bucket_id,
      size: metadata.size,
      content_type: metadata.mimetype,
      cache_control: metadata.cacheControl,
      etag: metadata.eTag,
      metadata: {},
      last_modified: found.updated_at,
      created_at,
    };
  });
}

/** The object of the request's path: whole, a range of it, or "not modified". */
async function sendObject(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: Objects,
): Promise<FastifyReply> {
  const { bucket, '*': name } = request.params as ObjectPath;
  const { found, bytes } = await objects.open(bucket, name);
  const { eTag, mimetype } = found.metadata;
  reply.header('etag', eTag);
  if (request.headers['if-none-match'] === eTag) {
    return reply.code(304).header('content-length', '0').send();
  }
  reply.type(mimetype).headers({
    'accept-ranges': 'bytes',
    'x-robots-tag': 'none',
    'last-modified': found.updated_at.toUTCString(),
  });
  return sendBytes(request, reply, { found, bytes });
}

function sendBytes(
  { headers: { range } }: FastifyRequest,
  reply: FastifyReply,
  { found, bytes }: { found: StoredObject; bytes: Buffer },
): FastifyReply {
  if (range === undefined) return reply.send(bytes);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  const start = Number(first);
  const end = Math.min(last ? Number(last) : Number.POSITIVE_INFINITY, found.metadata.size - 1);
  if (first === undefined || start > end) throw invalidRange();
  reply.code(206).header('content-range', `bytes ${start}-${end}/${found.metadata.size}`);
  return reply.send(bytes.subarray(start, end + 1));
}
