/**
 * The queue board under `/admin/queues`: looks at jobs and changes nothing. Whoever knows the
 * token may look; links, prompts and results are not shown to anybody.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';
import { redact } from '../telemetry/redaction.ts';
import { PAGE_POLICY } from './page-policy.ts';
import { WrongTokens } from './wrong-tokens.ts';

export const BOARD_PATH = '/admin/queues';
const LOOKING: readonly string[] = ['GET', 'HEAD'];

export interface BoardAccess {
  readonly token: string;
  /** Gets the client's address. */
  readonly onWrongToken: (address: string) => void;
}

/** Adds the board. The token is asked for as a bearer token, or as the password of basic authentication. */
export async function registerBoard(
  server: FastifyInstance,
  queues: readonly Queue[],
  { token, onWrongToken }: BoardAccess,
): Promise<void> {
  const wrong = new WrongTokens();
  const board = new FastifyAdapter().setBasePath(BOARD_PATH);
  createBullBoard({ queues: queues.map(readOnly), serverAdapter: board });
  await server.register(async (scope) => {
    scope.addHook('onRequest', async ({ headers, method, ip }, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'content-security-policy': PAGE_POLICY });
      const waitSeconds = wrong.waitSeconds(ip);
      if (waitSeconds > 0) {
        const answer = { error: 'Too many wrong tokens' };
        return reply.code(429).header('retry-after', String(waitSeconds)).send(answer);
      }
      const given = givenToken(headers.authorization);
      if (!isToken(given, token)) {
        // Browsers ask without a token first.
        if (given !== '') {
          wrong.add(ip);
          onWrongToken(ip);
        }
        const challenge = 'Basic realm="wearon-worker", charset="UTF-8"';
        return reply
          .code(401)
          .header('www-authenticate', challenge)
          .send({ error: 'Unauthorized' });
      }
      if (!LOOKING.includes(method)) {
        return reply.code(405).header('allow', LOOKING.join(', ')).send({ error: 'Read only' });
      }
    });
    scope.addHook('onSend', async (_request, _reply, payload) =>
      typeof payload === 'string' ? withoutForeignLinks(payload) : payload,
    );
    await scope.register(board.registerPlugin(), { prefix: BOARD_PATH });
  });
}

/** The board's page asks a third party for its fonts; the system's do as well. */
function withoutForeignLinks(html: string): string {
  return html.replaceAll(/<link [^>]*href="https?:[^>]*>/g, '');
}

function readOnly(queue: Queue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: true });
  adapter.setFormatter('data', showable);
  adapter.setFormatter('returnValue', () => null);
  return adapter;
}

/** Where a job's data hold a person's text or what opens a person's picture. */
const HIDDEN: readonly string[] = ['imageUrls', 'imageUrl', 'prompt'];

/** The data of a job as it may be looked at: every text without links and secrets. */
export function showable(data: unknown): unknown {
  if (typeof data === 'string') return redact(data);
  if (Array.isArray(data)) return data.map(showable);
  if (data === null || typeof data !== 'object') return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      HIDDEN.includes(name) ? '[hidden]' : showable(value),
    ]),
  );
}

function givenToken(authorization: string | undefined): string {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  const decoded = Buffer.from(credentials, 'base64').toString('utf8');
  return decoded.slice(decoded.indexOf(':') + 1);
}

/** Takes the same time for every wrong token, whatever its length. */
function isToken(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
