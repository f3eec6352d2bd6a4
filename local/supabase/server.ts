/**
 * A Supabase-compatible server on the loopback address: the parts of the database API and of
 * Storage that supabase-js uses, over the local Postgres.
 */
import { randomBytes } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { Faults } from '../faults.ts';
import { LOOPBACK, onFreePort } from '../loopback.ts';
import { addKeys, serverKeys } from './keys.ts';
import { Objects } from './objects.ts';
import { addRealtime } from './realtime.ts';
import { type ApiLimits, addRest } from './rest.ts';
import { addStorage } from './storage.ts';

/** A request that was answered. Its path has no token. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface SupabaseServer extends AsyncDisposable {
  readonly url: string;
  readonly serviceRoleKey: string;
  /** The key that browsers have: it sees next to nothing. */
  readonly anonKey: string;
  readonly expiredKey: string;
  readonly faults: Faults;
  readonly limits: ApiLimits;
  /** The latest requests, oldest first. */
  readonly requests: readonly LoggedRequest[];
}

export interface SupabaseOptions {
  pool: Pool;
  /** Where the stored objects' files go, as `<bucket>/<path>`. */
  objectsFolder: string;
}

/** The bucket limits what is stored; this only keeps a request from filling the memory. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/** Starts the server over a database with the platform's schema. */
export async function startSupabaseServer(options: SupabaseOptions): Promise<SupabaseServer> {
  const secret = randomBytes(32).toString('hex');
  const keys = serverKeys(secret);
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 2000 },
  });
  acceptEmptyJson(app);
  const faults = new Faults();
  faults.attach(app);
  const requests = logRequests(app);
  const limits = { maxRows: 1000 };
  addKeys(app, secret);
  const objects = new Objects(options.pool, options.objectsFolder);
  await addRealtime(app, options.pool, keys.serviceRoleKey);
  app.register(async (rest) => addRest(rest, options.pool, limits));
  app.register(async (storage) => addStorage(storage, objects, secret));
  const url = await onFreePort((port) => app.listen({ port, host: LOOPBACK }));
  return {
    url,
    ...keys,
    faults,
    limits,
    requests,
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** supabase-js says JSON where it sends nothing, as with a DELETE. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'ignore');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parse(request, body.toString(), done),
  );
}

const LOGGED_REQUESTS = 10_000;

function logRequests(app: FastifyInstance): LoggedRequest[] {
  const requests: LoggedRequest[] = [];
  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.replace(/([?&]token=)[^&]*/, '$1…');
    requests.push({ method: request.method, path, status: reply.statusCode });
    if (requests.length > LOGGED_REQUESTS) requests.shift();
  });
  return requests;
}
