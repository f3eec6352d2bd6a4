/**
 * The slice of Supabase Storage that supabase-js uses, under `/storage/v1`: buckets, uploads, lists
 * and removals. Links and downloads are in downloads.ts.
 */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { addDownloads, addLinks } from './downloads.ts';
import { type Listing, type ObjectPath, type Objects, SORT_COLUMNS } from './objects.ts';
import { accessDenied, invalidRequest, StorageError, unforeseenError } from './storage-errors.ts';
import type { Bucket, Upload } from './uploads.ts';

/** Adds the storage API; requests but those of signed links have had their keys checked. */
export function addStorage(app: FastifyInstance, objects: Objects, secret: string): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const refusal = asStorageError(error);
    return reply.code(refusal.status).send(refusal.body);
  });
  app.addHook('preHandler', async (request) => hideFromOthers(request));
  addBuckets(app, objects);
  addUploads(app, objects);
  addLinks(app, objects, secret);
  addDownloads(app, objects);
  addLists(app, objects);
  addRemovals(app, objects);
}

function asStorageError(error: FastifyError | StorageError): StorageError {
  if (error instanceof StorageError) return error;
  if ('validation' in error && error.validation) return invalidRequest(error.message);
  if (error.statusCode === 400) return invalidRequest(error.message, error.name);
  return unforeseenError(error);
}

/** Row level security, without policies: any role but the service's finds no bucket and no object. */
function hideFromOthers(request: FastifyRequest): void {
  if (request.role === '' || request.role === 'service_role') return;
  if (request.routeOptions.config.isUpload) {
    throw accessDenied('new row violates row-level security policy');
  }
  (request.params as { bucket: string }).bucket = '';
}

declare module 'fastify' {
  interface FastifyContextConfig {
    isUpload?: boolean;
  }
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
    const options = { config: { isUpload: true } };
    uploads.post('/storage/v1/object/:bucket/*', options, (request) =>
      store(request, request.headers['x-upsert'] === 'true'),
    );
    uploads.put('/storage/v1/object/:bucket/*', options, (request) => store(request, true));
  });
}

/** A raw body with its headers, or a form whose file is the field without a name. */
async function uploadOf(request: FastifyRequest, replace: boolean): Promise<Upload> {
  const { bucket, '*': name } = request.params as ObjectPath;
  const body = (request.body ?? Buffer.alloc(0)) as Buffer;
  const mimeType = request.headers['content-type'] ?? 'application/octet-stream';
  const target = { bucket, name, replace };
  if (!mimeType.startsWith('multipart/form-data')) {
    const cacheControl = request.headers['cache-control'] ?? 'no-cache';
    return { ...target, bytes: body, mimeType, cacheControl };
  }
  const form = await new Response(body, { headers: { 'content-type': mimeType } }).formData();
  const file = form.get('');
  if (!(file instanceof Blob)) throw invalidRequest('No file provided', 'InvalidRequest');
  return {
    ...target,
    bytes: Buffer.from(await file.arrayBuffer()),
    mimeType: file.type,
    cacheControl: `max-age=${form.get('cacheControl') ?? 3600}`,
  };
}

const LISTING = {
  type: 'object',
  required: ['prefix'],
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', minimum: 1 },
    offset: { type: 'integer', minimum: 0 },
    sortBy: {
      type: 'object',
      properties: { column: { type: 'string', enum: SORT_COLUMNS } },
    },
  },
};

function addLists(app: FastifyInstance, objects: Objects): void {
  app.post<{ Params: { bucket: string }; Body: Listing }>(
    '/storage/v1/object/list/:bucket',
    { schema: { body: LISTING } },
    ({ params, body }) => objects.list(params.bucket, body),
  );
}

const REMOVAL = {
  type: 'object',
  required: ['prefixes'],
  properties: { prefixes: { type: 'array', items: { type: 'string' }, minItems: 1 } },
};

function addRemovals(app: FastifyInstance, objects: Objects): void {
  app.delete<{ Params: { bucket: string }; Body: { prefixes: string[] } }>(
    '/storage/v1/object/:bucket',
    { schema: { body: REMOVAL } },
    ({ params, body }) => objects.remove(params.bucket, body.prefixes),
  );
  app.delete<{ Params: ObjectPath }>('/storage/v1/object/:bucket/*', async ({ params }) => {
    const { name } = await objects.get(params.bucket, params['*']);
    await objects.remove(params.bucket, [name]);
    return { message: 'Successfully deleted' };
  });
}
