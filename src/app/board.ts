/**
 * The queue board, where a token for it is configured.
 */
import type { FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import { GENERATION_QUEUE, openQueue, REFUND_QUEUE } from '../adapters/redis/jobs/bullmq.ts';
import type { AdminAccess } from '../http/admin-access.ts';

/** Adds `/admin/queues` to the server; without `access` the board is not loaded. */
export async function openBoard(
  access: AdminAccess | null,
  server: FastifyInstance,
  connection: Redis,
  stack: AsyncDisposableStack,
): Promise<void> {
  if (access === null) return;
  const { registerBoard } = await import('../http/queue-board.ts');
  const queues = [GENERATION_QUEUE, REFUND_QUEUE].map((name) =>
    stack.adopt(openQueue(name, connection), (queue) => queue.close()),
  );
  await registerBoard(server, queues, access);
}
