/**
 * The console under `/console`: a page, and what it asks. Who may use it is decided before anything
 * else, and what changes something must come from the page itself.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TaskError } from '../errors.ts';
import type { AdminAccess } from '../http/admin-access.ts';
import type { EstimateBodyDeps } from '../http/estimate-body.ts';
import { CONSOLE_POLICY } from '../http/page-policy.ts';
import { addCosts } from './costs.ts';
import { addDeadLetters } from './dead-letters.ts';
import { addEvents, type Listen } from './events.ts';
import { addOperation, type OperationState } from './operation.ts';
import type { OpenOperations } from './operation-connection.ts';
import { addPage } from './page.ts';
import { addPlayground, type Playground } from './playground.ts';
import { addSessions } from './sessions.ts';
import { addSize } from './size.ts';
import { addWebhooks } from './webhooks.ts';

export interface ConsoleDeps {
  readonly access: AdminAccess;
  readonly listen: Listen;
  readonly openOperations: OpenOperations;
  readonly state: () => OperationState;
  readonly playground: Playground;
  readonly sizing: EstimateBodyDeps;
}

const CONSOLE_PATH = '/console';
const API = `${CONSOLE_PATH}/api`;
/** Sixteen photos of 10 MiB would be a task's most; here a person and a few garments are tried. */
const MOST_UPLOAD_BYTES = 48 * 1024 * 1024;

/** Adds the console. */
export async function registerConsole(server: FastifyInstance, deps: ConsoleDeps): Promise<void> {
  await server.register(async (scope) => {
    hideFromDocs(scope);
    scope.addHook('onRequest', async (request, reply) => {
      reply.headers({
        'cache-control': 'no-store',
        'content-security-policy': CONSOLE_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      return (await deps.access(request, reply)) ?? refuseForeign(request, reply);
    });
    scope.setErrorHandler(answerError);
    await scope.register(addPage, { prefix: CONSOLE_PATH });
    await scope.register(
      async (api) => {
        const whole = { parseAs: 'buffer', bodyLimit: MOST_UPLOAD_BYTES } as const;
        api.addContentTypeParser('multipart/form-data', whole, (_request, body, done) =>
          done(null, body),
        );
        addEvents(api, deps.listen);
        addOperation(api, deps.openOperations, deps.state);
        addSessions(api, deps.openOperations);
        addDeadLetters(api, deps.openOperations);
        addCosts(api, deps.openOperations);
        addWebhooks(api, deps.openOperations);
        addPlayground(api, deps.playground);
        addSize(api, deps.sizing);
      },
      { prefix: API },
    );
  });
}

/** The documented interface is the platform's; these routes belong to the page. */
function hideFromDocs(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, hide: true };
  });
}

/** Browsers send a name and password along with requests of foreign pages too. */
function refuseForeign(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  return isOwn(request)
    ? undefined
    : reply.code(403).send({ error: 'This request does not come from the console' });
}

/** Every browser sends one of the two with a POST; other clients send none and carry no one's password. */
function isOwn({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = headers;
  return origin === undefined || URL.parse(origin)?.host === host;
}

/** What the page shows: a sentence, and nothing of what is inside. */
function answerError(error: Error, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof TaskError) {
    const detail = error.detail === 'too_many_rows' ? 'Too many rows: choose a shorter time.' : '';
    return reply.code(502).send({ error: detail || 'Supabase did not answer as expected.' });
  }
  const { statusCode = 500 } = error as { statusCode?: number };
  if (statusCode < 500) return reply.code(statusCode).send({ error: error.message });
  if (error.name === 'RedisAway') return reply.code(503).send({ error: error.message });
  throw error;
}
