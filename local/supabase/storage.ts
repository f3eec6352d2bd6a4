/**
 * The slice of Supabase Storage that supabase-js uses, under `/storage/v1`: uploads, links signed
 * for a time, downloads, lists and removals.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readToken, signToken } from './keys.ts';
import type { Bucket, Listing, Objects, StoredObject, Upload } from './objects.ts';
import { linkRefused, StorageError, tokenRefused } from './storage-errors.ts';

interface ObjectPath {
  readonly bucket: string;
  readonly '*': string;
}

/** Adds the storage API; requests but those of signed links have had their keys checked. */
export function addStorage(app: FastifyInstance, objects: Objects, secret: string): void {
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof StorageError)) throw error;
    return reply.code(400).send(error.body);
  });
  addBuckets(app, objects);
  addUploads(app, objects);
  addLinks(app, objects, secret);
  addDownloads(app, objects);
  app.post<{ Params: { bucket: string }; Body: Listing }>(
    '/storage/v1/object/list/:bucket',
    async ({ params, body }) => objects.list((await objects.bucket(params.bucket)).id, body),
  );
  app.delete<{ Params: { bucket: string }; Body: { prefixes: string[] } }>(
    '/storage/v1/object/:bucket',
    ({ params, body }) => objects.remove(params.bucket, body.prefixes),
  );
}

function addBuckets(app: FastifyInstance, objects: Objects): void {
  app.get<{ Params: { bucket: string } }>('/storage/v1/bucket/:bucket', ({ params }) =>
    objects.bucket(params.bucket),
  );
  app.post<{ Body: Partial<Bucket> & { name: string } }>('/storage/v1/bucket', async ({ body }) => {
    await objects.addBucket({
      id: body.id ?? body.name,
      name: body.name,
      public: body.public ?? false,
      file_size_limit: body.file_size_limit ?? null,
      allowed_mime_types: body.allowed_mime_types ?? null,
    });
    return { name: body.name };
  });
}

/** Uploads take a body of any type: in a scope of their own, where nothing is parsed. */
function addUploads(app: FastifyInstance, objects: Objects): void {
  app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    const store = async (request: FastifyRequest, replace: boolean) => {
      const { id, bucket_id, name } = await objects.put(await uploadOf(request, replace));
      return { Key: `${bucket_id}/${name}`, Id: id };
    };
    uploads.post('/storage/v1/object/:bucket/*', (request) =>
      store(request, request.headers['x-upsert'] === 'true'),
    );
    uploads.put('/storage/v1/object/:bucket/*', (request) => store(request, true));
  });
}

/** A raw body with its headers, or a form whose file is the field without a name. */
async function uploadOf(request: FastifyRequest, replace: boolean): Promise<Upload> {
  const { bucket, '*': name } = request.params as ObjectPath;
  const body = (request.body ?? Buffer.alloc(0)) as Buffer;
  const type = request.headers['content-type'] ?? 'application/octet-stream';
  const target = { bucket, name, replace };
  if (!type.startsWith('multipart/form-data')) {
    const cacheControl = request.headers['cache-control'] ?? 'no-cache';
    return { ...target, bytes: body, mimeType: mediaType(type), cacheControl };
  }
  const form = await new Response(body, { headers: { 'content-type': type } }).formData();
  const file = form.get('');
  if (!(file instanceof Blob)) {
    throw new StorageError('400', 'InvalidRequest', 'No file provided', 'InvalidRequest');
  }
  return {
    ...target,
    bytes: Buffer.from(await file.arrayBuffer()),
    mimeType: mediaType(file.type),
    cacheControl: `max-age=${form.get('cacheControl') ?? 3600}`,
  };
}

function mediaType(header: string): string {
  return header.split(';')[0]?.trim() ?? '';
}

/** Signing a link needs the keys; opening one does not. */
function addLinks(app: FastifyInstance, objects: Objects, secret: string): void {
  const sign = async (bucket: string, name: string, expiresInSeconds: number) => {
    await objects.get(bucket, name);
    const iat = Math.floor(Date.now() / 1000);
    const url = `${bucket}/${name}`;
    const token = signToken({ url, iat, exp: iat + expiresInSeconds }, secret);
    return `/object/sign/${url}?token=${token}`;
  };
  app.post<{ Params: ObjectPath; Body: { expiresIn: number } }>(
    '/storage/v1/object/sign/:bucket/*',
    async ({ params, body }) => ({
      signedURL: await sign(params.bucket, params['*'], body.expiresIn),
    }),
  );
  app.post<{ Params: { bucket: string }; Body: { expiresIn: number; paths: string[] } }>(
    '/storage/v1/object/sign/:bucket',
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
  app.get<{ Params: ObjectPath; Querystring: { token?: string } }>(
    '/storage/v1/object/sign/:bucket/*',
    async ({ params, query }, reply) => {
      const read = readToken(query.token ?? '', secret);
      if ('problem' in read) throw tokenRefused(read.problem);
      if (read.claims.url !== `${params.bucket}/${params['*']}`) throw linkRefused();
      const expires = new Date(Number(read.claims.exp) * 1000).toUTCString();
      const found = await objects.get(params.bucket, params['*']);
      return sendObject(reply.header('expires', expires), objects, found);
    },
  );
}

const NOT_SIGNED = 'Either the object does not exist or you do not have access to it';

function addDownloads(app: FastifyInstance, objects: Objects): void {
  const download = async (request: FastifyRequest, reply: FastifyReply) => {
    const { bucket, '*': name } = request.params as ObjectPath;
    const found = await objects.get(bucket, name);
    reply.header('cache-control', found.metadata.cacheControl);
    return sendObject(reply, objects, found);
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

async function sendObject(
  reply: FastifyReply,
  objects: Objects,
  found: StoredObject,
): Promise<FastifyReply> {
  return reply
    .type(found.metadata.mimetype)
    .headers({
      'accept-ranges': 'bytes',
      etag: found.metadata.eTag,
      'x-robots-tag': 'none',
      'last-modified': found.updated_at.toUTCString(),
    })
    .send(await objects.read(found));
}
