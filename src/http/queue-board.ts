/**
 * The queue board under `/admin/queues`: shows jobs and changes nothing. Links, prompts
 * and results are never shown.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';
import { redact } from '../telemetry/redaction.ts';
import type { AdminAccess } from './admin-access.ts';
import { PAGE_POLICY } from './page-policy.ts';

const BOARD_PATH = '/admin/queues';
const READ_METHODS: readonly string[] = ['GET', 'HEAD'];

/** Adds the board for those whom `access` lets in. */
export async function registerBoard(
  server: FastifyInstance,
  queues: readonly Queue[],
  access: AdminAccess,
): Promise<void> {
  const board = new FastifyAdapter().setBasePath(BOARD_PATH);
  createBullBoard({ queues: queues.map(readOnly), serverAdapter: board });
  await server.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'content-security-policy': PAGE_POLICY });
      const refused = await access(request, reply);
      if (refused !== undefined) return refused;
      if (!READ_METHODS.includes(request.method)) {
        return reply
          .code(405)
          .header('allow', READ_METHODS.join(', '))
          .send({ error: 'Read only' });
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

/** The data of a job as the board shows it: every text without links and secrets. */
function showable(data: unknown): unknown {
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
