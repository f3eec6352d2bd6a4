/**
 * The queue board, where a token for it is configured.
 */
import type { FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import { GENERATION_QUEUE, openQueue, REFUND_QUEUE } from '../adapters/redis/bullmq.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Adds `/admin/queues` to the server; without a token there is none, and none of it is loaded. */
export async function openBoard(
  token: string | null,
  server: FastifyInstance,
  connection: Redis,
  { logger, stack }: { readonly logger: Logger; readonly stack: AsyncDisposableStack },
): Promise<void> {
  if (token === null) return;
  const { registerBoard } = await import('../http/admin.ts');
  const queues = [GENERATION_QUEUE, REFUND_QUEUE].map((name) =>
    stack.adopt(openQueue(name, connection), (queue) => queue.close()),
  );
  const onWrongToken = (client: string) => logger.warn({ client }, 'admin_token_refused');
  await registerBoard(server, queues, { token, onWrongToken });
}
