/**
 * The composition root: wires the parts, starts them, and shuts them down in order: no new work →
 * attempts, refunds and sweeps (together) → HTTP → connections.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { type Adapters, openAdapters } from './app/adapters.ts';
import { openBoard } from './app/board.ts';
import { adminAccess, openConsole } from './app/console.ts';
import { callersOf } from './app/image-providers.ts';
import { checkImageModels } from './app/openai.ts';
import { type Pipeline, startPipeline } from './app/pipeline.ts';
import { startSizing } from './app/sizing.ts';
import { startWatches } from './app/watches.ts';
import { type Config, ConfigError } from './config.ts';
import type { OperationState } from './console/operation.ts';
import { type ComponentStates, isReady, registerHealth } from './http/health.ts';
import { noteAnswers, registerMetrics } from './http/metrics.ts';
import { createServer } from './http/server.ts';
import { loopErrors } from './ports/events.ts';
import { createEventLog, recordTo } from './telemetry/event-log.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { openTracing } from './telemetry/tracing.ts';
import { VERSION } from './version.ts';

/** How long the start waits for Redis to answer. */
const FIRST_ANSWER_MS = 5000;

/** A running worker; disposing of it stops it, without losing anything. */
export interface App extends AsyncDisposable {
  /** Where HTTP listens, e.g. `http://127.0.0.1:8000`. */
  readonly address: string;
}

/**
 * Starts the worker. Throws a ConfigError when the image model cannot be used any more, Redis is a
 * cluster or lacks the database, or the port cannot be listened on: then no task, row or picture
 * has been touched.
 */
export async function startApp(config: Config, logger: Logger): Promise<App> {
  const { warnings, warn } = warnOnce(logger);
  checkImageModels(config, warn);
  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics({ callers: callersOf(config) });
  const tracing = await openTracing(config.otlpEndpoint, stack);
  const parts = { logger, metrics, warn, stack };
  const note = recordTo(createEventLog(logger), metrics.record, tracing.record);

  const adapters = openAdapters(config, { ...parts, note });
  const server = await createServer(loopErrors(note, 'http'), config);
  noteAnswers(server, [metrics, tracing]);
  registerMetrics(server, metrics);
  const access = adminAccess(config, logger);
  await openBoard(access, server, adapters.redis, stack);
  const sizing = await startSizing(config, adapters.sizingFetcher, server, parts);
  const { poses: viewer } = sizing;
  const begun: Begun = { watches: [], pipeline: null };
  const states = () => statesOf(begun, adapters, { isModelLoaded: viewer.ready, warnings });
  registerHealth(server, states);
  await openConsole(config, access, server, {
    adapters,
    sizing: sizing.deps,
    viewer,
    record: note,
    stack,
    state: () => operationState(states(), adapters),
  });

  const address = await listen(server, config);
  stack.defer(() => server.close());
  begun.watches = startWatches(config, adapters, ownGauges(begun, states), {
    ...parts,
    onError: loopErrors(note, 'metrics'),
  });
  await refuseUnfitRedis(adapters);
  begun.pipeline = stack.use(startPipeline(config, adapters, { logger, tracing, viewer }));
  logger.info({ address }, 'worker_started');
  return Object.assign(stack.move(), { address });
}

/** What begins once HTTP listens: a port in use is known before anything outside is touched. */
interface Begun {
  watches: ReturnType<typeof startWatches>;
  pipeline: Pipeline | null;
}

function statesOf(
  { watches, pipeline }: Begun,
  { redisHealth, storage }: Adapters,
  { isModelLoaded, warnings }: { isModelLoaded: boolean; warnings: readonly string[] },
): ComponentStates {
  return {
    isStopping: pipeline?.isStopping ?? false,
    redisConnected: redisHealth.isConnected,
    isWorking: pipeline?.isRunning ?? false,
    storageProblem: storage.problem,
    poseModelLoaded: isModelLoaded,
    problems: watches.flatMap(({ problems }) => problems),
    warnings: [...warnings, ...redisHealth.warnings],
  };
}

/** How the worker itself is doing, for the metrics. */
function ownGauges(begun: Begun, states: () => ComponentStates) {
  return {
    isReady: () => isReady(states()),
    attemptsRunning: () => begun.pipeline?.attemptsRunning ?? 0,
    callsRunning: () => begun.pipeline?.callsRunning ?? 0,
  };
}

/** Each warning is logged once; all are kept for `/health`. */
function warnOnce(logger: Logger) {
  const warnings: string[] = [];
  const warn = (warning: string) => {
    if (warnings.includes(warning)) return;
    warnings.push(warning);
    logger.warn({ warning }, 'configuration_warning');
  };
  return { warnings, warn };
}

/** What the console shows of this process. */
function operationState(states: ComponentStates, { providers }: Adapters): OperationState {
  const { storageProblem, problems, warnings } = states;
  const named = [...providers.b2b, ...providers.b2c].map(
    ({ provider }) => [`${provider.name} ${provider.model}`, provider] as const,
  );
  return {
    version: VERSION,
    isReady: isReady(states),
    warnings: [storageProblem ?? [], problems, warnings].flat(),
    providers: [...new Map(named).values()],
  };
}

/**
 * Throws a ConfigError when the worker cannot use this Redis. One that does not answer yet is not
 * waited for.
 */
async function refuseUnfitRedis({ redis, redisHealth }: Adapters): Promise<void> {
  const waited = new AbortController();
  const timeout = sleep(FIRST_ANSWER_MS, undefined, { signal: waited.signal, ref: false });
  const check = redisHealth.check(redis);
  await Promise.race([check, redisHealth.unavailable, timeout.catch(() => undefined)]);
  waited.abort();
  if (redisHealth.unfitness !== null) throw new ConfigError([redisHealth.unfitness]);
}

/** Listens and returns the address. Throws a ConfigError, e.g. for a port in use. */
async function listen(server: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const reason = code === 'EADDRINUSE' ? 'is in use by another process' : `gives ${code}`;
    throw new ConfigError([`PORT ${port} of HOST ${host} ${reason} (example: PORT=8001)`]);
  }
}
