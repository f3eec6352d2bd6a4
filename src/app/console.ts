/**
 * The console, where someone may use it.
 */
import type { FastifyInstance } from 'fastify';
import { openRedis } from '../adapters/redis/fail-fast-connection.ts';
import { ProgressFeed } from '../adapters/redis/progress-feed.ts';
import type { Config } from '../config.ts';
import { OperationConnection } from '../console/operation-connection.ts';
import { orderThrough } from '../console/order-through.ts';
import { type ConsoleDeps, registerConsole } from '../console/register.ts';
import { trialPlayground } from '../console/trial.ts';
import { type AdminAccess, answerLocalhost, askForToken } from '../http/admin-access.ts';
import type { RecordEvent } from '../ports/events.ts';
import type { PictureViewer } from '../ports/picture-views.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Adapters } from './adapters.ts';
import { meanPictureCost, trialPictures } from './trial-picture.ts';

/** Who may use the pages for operators; null where there are none. */
export function adminAccess({ adminToken }: Config, logger: Logger): AdminAccess | null {
  if (adminToken === null) return null;
  return askForToken(adminToken, (client) => logger.warn({ client }, 'admin_token_refused'));
}

/** Adds the console for those whom `access` lets in; without a token only where it is open to this machine. */
export async function openConsole(
  config: Config,
  access: AdminAccess | null,
  server: FastifyInstance,
  parts: Pick<ConsoleDeps, 'sizing' | 'state'> & {
    readonly adapters: Adapters;
    readonly viewer: PictureViewer;
    /** Logs and counts; the steps of a trial are published nowhere. */
    readonly record: RecordEvent;
    readonly stack: AsyncDisposableStack;
  },
): Promise<void> {
  const { adapters, viewer, record, stack, ...rest } = parts;
  const allowed = access ?? (config.consoleAccess === 'open' ? answerLocalhost : null);
  if (allowed === null) return;
  const feed = stack.use(new ProgressFeed(() => adapters.redis.duplicate()));
  const { supabase } = adapters;
  const connect = () => openRedis(config.redisUrl);
  const operations = stack.use(new OperationConnection({ config, supabase }, connect));
  const { consoleOrdersUrl } = config;
  const trial = trialPlayground(trialPictures(config, adapters, { viewer, record }), () =>
    meanPictureCost(adapters),
  );
  await registerConsole(server, {
    ...rest,
    access: allowed,
    listen: (listener, onLost) => feed.listen(listener, onLost),
    openOperations: operations.open,
    playground: consoleOrdersUrl === null ? trial : orderThrough(consoleOrdersUrl),
  });
}
