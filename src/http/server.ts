/**
 * The HTTP server: Fastify with zod schemas, its documentation, and every error that no route answers
 * itself as a JSON problem (RFC 9457).
 */
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { registerDocs } from './docs-page.ts';
import { sendProblem } from './problem.ts';

const MOST_BODY_BYTES = 16_384;
/** For a whole request to arrive; slower ones are hung up on. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_SWEEP_MS = 100;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
};

interface ServerOptions {
  /** Addresses or networks of proxies whose word on the client's address counts. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** The photo in the documentation's examples. Default: one that does not exist. */
  readonly examplePhotoUrl?: string | null;
}

/** A server without routes, not yet listening; `onError` gets the errors that are our own. */
export async function createServer(
  onError: (error: Error) => void,
  { trustedProxies = [], examplePhotoUrl = null }: ServerOptions = {},
): Promise<FastifyInstance> {
  const server = fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    bodyLimit: MOST_BODY_BYTES,
    logger: false,
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A start on a busy machine is slow, and no failure; by default it is one after 10 s.
    pluginTimeout: 0,
    // Node swaps the two when the time for the head is the longer one.
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1000 },
    frameworkErrors: (_error, _request, reply) => sendProblem(reply, 400, 'Bad Request'),
    routerOptions: { ignoreTrailingSlash: true },
  });
  // Connections that are kept alive become idle one after the other while the server closes.
  server.addHook('preClose', async () => {
    const sweep = setInterval(() => server.server.closeIdleConnections(), IDLE_SWEEP_MS);
    server.server.once('close', () => clearInterval(sweep));
  });
  // Only JSON is taken; by default Fastify parses plain text too.
  server.removeContentTypeParser('text/plain');
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) onError(error);
    return sendProblem(reply, status, TITLES[status] ?? TITLES[status < 500 ? 400 : 500] ?? '');
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const allowed = METHODS.filter((method) => server.hasRoute({ method, url: path }));
    if (allowed.length === 0) return sendProblem(reply, 404, 'Not Found');
    return sendProblem(reply.header('allow', allowed.join(', ')), 405, 'Method Not Allowed');
  });
  // What browsers ask for on their own: the address alone, and an icon.
  const hidden = { schema: { hide: true } };
  server.get('/', hidden, async (_request, reply) => reply.redirect('/docs/'));
  server.get('/favicon.ico', hidden, async (_request, reply) =>
    reply.code(204).header('cache-control', 'public, max-age=86400').send(),
  );
  await registerDocs(server, examplePhotoUrl);
  return server;
}
