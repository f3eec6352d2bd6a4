/**
 * Signed tokens as Supabase makes them (JWT, HS256): the project's keys and the tokens in links.
 * And the roles that the keys give to requests.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accessDenied, bucketNotFound, invalidRequest } from './storage-errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The database role of the request's key. */
    role: string;
  }
}

/** The two keys of a project, and a service role key that has expired. */
export function serverKeys(secret: string) {
  const key = (role: string, more = {}) => signToken({ iss: 'supabase', role, ...more }, secret);
  return {
    serviceRoleKey: key('service_role'),
    anonKey: key('anon'),
    expiredKey: key('service_role', { exp: 1 }),
  };
}

const STORAGE = /^\/storage\/v1\//;
/** Browsers cannot set headers on a websocket: its key is a parameter, which its route checks. */
const WEBSOCKET = /^\/realtime\//;
const SIGNED_LINK = /^\/storage\/v1\/object\/sign\//;

/** Gives every request the role of its key, and refuses those without a valid one. */
export function addKeys(app: FastifyInstance, secret: string): void {
  app.decorateRequest('role', '');
  app.addHook('onRequest', async (request, reply) => {
    const isRead = ['GET', 'HEAD'].includes(request.method);
    if (isRead && (SIGNED_LINK.test(request.url) || WEBSOCKET.test(request.url))) return undefined;
    return STORAGE.test(request.url)
      ? checkStorageKey(request, reply, { secret, isRead })
      : checkRestKey(request, reply, secret);
  });
}

function bearerOf({ headers: { authorization = '' } }: FastifyRequest): string {
  return authorization.replace(/^Bearer /, '');
}

/** Storage reads the bearer token itself. A download without one is taken for that of a public bucket. */
function checkStorageKey(
  request: FastifyRequest,
  reply: FastifyReply,
  { secret, isRead }: { secret: string; isRead: boolean },
): FastifyReply | undefined {
  if (request.headers.authorization === undefined) {
    const isDownload = isRead && /\/object\//.test(request.url);
    const missing = "headers must have required property 'authorization'";
    return reply.code(400).send((isDownload ? bucketNotFound() : invalidRequest(missing)).body);
  }
  const read = readToken(bearerOf(request), secret);
  if ('problem' in read) return reply.code(400).send(accessDenied(read.problem).body);
  request.role = String(read.claims.role);
  return undefined;
}

/** The database is behind a gateway that knows the project's keys. */
function checkRestKey(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string,
): FastifyReply | undefined {
  const { apikey } = request.headers;
  const read = readToken(bearerOf(request), secret);
  if ('claims' in read && apikey === bearerOf(request)) {
    request.role = String(read.claims.role);
    return undefined;
  }
  return reply.code(401).send(
    apikey === undefined
      ? {
          message: 'No API key found in request',
          hint: 'No `apikey` request header or url param was found.',
        }
      : {
          message: 'Invalid API key',
          hint: 'Double check your Supabase `anon` or `service_role` API key.',
        },
  );
}

/** Signs the claims; `secret` is the server's own. Tokens in links have no `typ`. */
export function signToken(
  claims: Record<string, unknown>,
  secret: string,
  header: object = { alg: 'HS256', typ: 'JWT' },
): string {
  const content = `${base64Url(header)}.${base64Url(claims)}`;
  return `${content}.${signature(content, secret)}`;
}

/** Why a token is not accepted, in the words of the real server. */
export type TokenProblem =
  | 'Invalid Compact JWS'
  | 'signature verification failed'
  | '"exp" claim timestamp check failed';

/** The claims of a token that was signed here and has not expired, else what is wrong with it. */
export function readToken(
  token: string,
  secret: string,
): { claims: Record<string, unknown> } | { problem: TokenProblem } {
  const [header = '', body = '', given] = token.split('.');
  if (given === undefined) return { problem: 'Invalid Compact JWS' };
  const expected = Buffer.from(signature(`${header}.${body}`, secret));
  const actual = Buffer.from(given);
  const genuine = actual.length === expected.length && timingSafeEqual(actual, expected);
  if (!genuine) return { problem: 'signature verification failed' };
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  if (typeof claims.exp === 'number' && claims.exp * 1000 <= Date.now()) {
    return { problem: '"exp" claim timestamp check failed' };
  }
  return { claims };
}

function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(content: string, secret: string): string {
  return createHmac('sha256', secret).update(content).digest('base64url');
}
