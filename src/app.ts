/**
 * The composition root: alone names concrete adapters, wires the walk, and lets everything go in
 * the right order: not ready → intake → attempts → HTTP → connections.
 */
import type { Redis } from 'ioredis';
import { OpenAiImageModel } from './adapters/openai/image-model.ts';
import { connectRedis, evictionRisk } from './adapters/redis/connection.ts';
import { BullGenerationJobs, BullGenerationWorker } from './adapters/redis/generation-queue.ts';
import { RETENTION_LOCK, RETENTION_LOCK_MS, RedisLock } from './adapters/redis/lock.ts';
import { RedisProviderGate } from './adapters/redis/provider-gate.ts';
import { RedisReconciliation } from './adapters/redis/reconciliation.ts';
import { BullRefunds, BullRefundWorker } from './adapters/redis/refund-queue.ts';
import { RedisTaskList } from './adapters/redis/task-list.ts';
import { SupabaseAnalytics } from './adapters/supabase/analytics.ts';
import { connectSupabase } from './adapters/supabase/client.ts';
import { SupabaseImageStore } from './adapters/supabase/image-store.ts';
import { SupabaseLedger } from './adapters/supabase/ledger.ts';
import { SupabasePictureFolders } from './adapters/supabase/picture-folders.ts';
import { SupabasePictureLinks } from './adapters/supabase/picture-links.ts';
import { SupabaseSessions } from './adapters/supabase/sessions.ts';
import { WebImageFetcher } from './adapters/web/image-fetcher.ts';
import { openBoard } from './app/board.ts';
import { checkImageModel, watchImageModel } from './app/image-model.ts';
import { startRetention } from './app/retention.ts';
import { startSizing } from './app/sizing.ts';
import { watchWorker } from './app/watch.ts';
import type { Config } from './config.ts';
import { isReady, registerHealth } from './http/health.ts';
import { noteAnswers, registerMetrics } from './http/metrics.ts';
import { createServer } from './http/server.ts';
import { DECODE_BUDGET_BYTES } from './image-gate.ts';
import type { RecordEvent } from './ports.ts';
import { repeat } from './repeat.ts';
import { createEventLog, recordTo } from './telemetry/events.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { openTracing, type Tracing } from './telemetry/tracing.ts';
import { admitLeftovers, type IntakeDeps, runIntake } from './tryon/intake.ts';
import { rescue } from './tryon/rescue.ts';
import { runJob, runRefund } from './tryon/run-job.ts';
import { Semaphore } from './tryon/semaphore.ts';

/** A running worker; disposing of it stops it, without losing anything. */
export interface App extends AsyncDisposable {
  /** Where HTTP listens, e.g. `http://127.0.0.1:8000`. */
  readonly address: string;
}

const REFUNDS_AT_ONCE = 10;
const WATCHDOG_INTERVAL_MS = 5000;

/** Starts the worker. Throws a ConfigError when the image model cannot be used any more. */
export async function startApp(config: Config, logger: Logger): Promise<App> {
  const warnings: string[] = [];
  const warn = (warning: string) => {
    if (warnings.includes(warning)) return;
    warnings.push(warning);
    logger.warn({ warning }, 'configuration_warning');
  };
  checkImageModel(config, warn);
  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics();
  const tracing = await openTracing(config.otlpEndpoint, stack);
  const record = recordTo(createEventLog(logger), metrics.record, tracing.record);

  const adapters = openAdapters(config, warn, record, stack);
  const noteHttpError = (error: Error) => record({ event: 'loop_error', loop: 'http', error });
  const server = await createServer(noteHttpError, config.trustedProxies);
  stack.defer(() => server.close());
  noteAnswers(server, (request) => {
    metrics.answered(request);
    tracing.answered(request);
  });
  registerMetrics(server, metrics);
  await openBoard(config.adminToken, server, adapters.redis, stack);
  const poses = await startSizing(config, adapters.fetcher, server, { logger, metrics, stack });
  startRefunds(config, adapters, tracing, stack);
  const worker = startAttempts(config, adapters, tracing, stack);
  startRetention(config, adapters, logger, stack);
  const stopping = startLoops(config, adapters, stack);

  const states = () => ({
    isStopping: stopping.aborted,
    redisConnected: adapters.redis.status === 'ready',
    isWorking: worker.isRunning,
    poseModelLoaded: poses.ready,
    warnings,
  });
  registerHealth(server, states);
  const imageModel = stack.use(
    watchImageModel(config, adapters.imageModel, warn, (error) =>
      logger.debug({ error }, 'image_models_not_listed'),
    ),
  );
  stack.use(
    watchWorker(config, metrics, {
      redis: adapters.redis,
      isReady: () => isReady(states()),
      attemptsRunning: () => worker.activeCount,
      imageModel,
      onError: (error) => record({ event: 'loop_error', loop: 'metrics', error }),
    }),
  );
  const address = await server.listen({ host: config.host, port: config.port });
  logger.info({ address }, 'worker_started');
  return Object.assign(stack.move(), { address });
}

type Adapters = ReturnType<typeof openAdapters>;

/** Everything outside the process, connected. Disposed of last. */
function openAdapters(
  config: Config,
  warn: (warning: string) => void,
  record: RecordEvent,
  stack: AsyncDisposableStack,
) {
  const noteRedisError = (error: Error) => record({ event: 'loop_error', loop: 'redis', error });
  const redis = connectRedis(config.redisUrl, noteRedisError);
  stack.defer(() => redis.disconnect());
  const blocking = connectRedis(config.redisUrl, noteRedisError);
  stack.defer(() => blocking.disconnect());
  const supabase = connectSupabase(config.supabaseUrl, config.supabaseServiceRoleKey);
  return {
    record,
    redis,
    blocking,
    source: new RedisTaskList(redis, blocking),
    jobs: stack.use(new BullGenerationJobs(redis)),
    refunds: stack.use(new BullRefunds(redis)),
    reconciliation: new RedisReconciliation(redis),
    sessions: new SupabaseSessions(supabase),
    ledger: new SupabaseLedger(supabase),
    analytics: new SupabaseAnalytics(supabase),
    imageStore: new SupabaseImageStore(supabase, config.supabaseBucket),
    fetcher: stack.use(
      new WebImageFetcher({
        trustedOrigins: [new URL(config.supabaseUrl).origin, ...config.imageTrustedOrigins],
        hostAllowlist: config.imageHostAllowlist.length > 0 ? config.imageHostAllowlist : null,
      }),
    ),
    imageModel: stack.use(
      new OpenAiImageModel({
        apiKey: config.openaiApiKey,
        baseUrl: config.openaiBaseUrl,
        model: config.openaiImageModel,
        quality: config.openaiImageQuality,
        size: config.openaiImageSize,
        timeoutMs: config.providerTimeoutSeconds * 1000,
        warn,
      }),
    ),
    pictures: new SupabasePictureFolders(supabase, config.supabaseBucket),
    links: new SupabasePictureLinks(supabase, config.supabaseUrl, config.supabaseBucket),
    retentionLock: new RedisLock(redis, RETENTION_LOCK, RETENTION_LOCK_MS),
    gate: new RedisProviderGate(redis, {
      callsPerMinute: config.openaiRateLimitPerMinute,
      cooldownMs: config.breakerCooldownSeconds * 1000,
      probeMs: config.providerTimeoutSeconds * 1000,
      record,
    }),
  };
}

/** Carries refunds out; what is under way at a stop is finished. */
function startRefunds(
  config: Config,
  adapters: Adapters,
  tracing: Tracing,
  stack: AsyncDisposableStack,
): void {
  const { redis, record } = adapters;
  const times = { concurrency: REFUNDS_AT_ONCE, lockMs: config.jobLockSeconds * 1000 };
  stack.use(
    new BullRefundWorker(
      redis,
      times,
      (job, retries) =>
        tracing.within('refund', job.intent, () => runRefund(job, retries, adapters)),
      (error) => record({ event: 'loop_error', loop: 'refunds', error }),
    ),
  );
}

/** Runs attempts; at a stop they have the grace to finish, then they hand their jobs back. */
function startAttempts(
  config: Config,
  adapters: Adapters,
  tracing: Tracing,
  stack: AsyncDisposableStack,
) {
  const { redis, record } = adapters;
  const times = {
    concurrency: config.workerConcurrency,
    lockMs: config.jobLockSeconds * 1000,
  };
  const deps = {
    ...adapters,
    deadLetters: adapters.source,
    decodeMemory: new Semaphore(DECODE_BUDGET_BYTES),
    providerTimeoutMs: config.providerTimeoutSeconds * 1000,
    maxProviderCalls: config.openaiMaxRetries,
    taskDeadlineSeconds: config.taskDeadlineSeconds,
  };
  const worker = new BullGenerationWorker(
    redis,
    times,
    (job, signal) => tracing.within('attempt', job.task, () => runJob(job, deps, signal)),
    (error) => record({ event: 'loop_error', loop: 'jobs', error }),
  );
  stack.defer(() => worker.stop(config.shutdownGraceSeconds * 1000));
  return worker;
}

/** Takes tasks off the list and looks after what was lost, until the stop, which is the first thing to go. */
function startLoops(config: Config, adapters: Adapters, stack: AsyncDisposableStack): AbortSignal {
  const { redis, blocking, record } = adapters;
  const stop = new AbortController();
  const noteError = (loop: string) => (error: Error) =>
    record({ event: 'loop_error', loop, error });
  const intake = { ...adapters, maxImages: config.maxImages };
  const lookAfter = async () => {
    await admitLeftovers(intake);
    await rescue({ ...adapters, minAgeSeconds: config.rescueMinAgeSeconds });
  };
  const rescueIntervalMs = config.rescueIntervalSeconds * 1000;
  const loops = [
    takeTasks(redis, intake, stop.signal),
    repeat(lookAfter, rescueIntervalMs, stop.signal, noteError('rescue')),
    repeat(() => redis.ping(), WATCHDOG_INTERVAL_MS, stop.signal, noteError('watchdog')),
  ];
  stack.defer(async () => {
    stop.abort();
    blocking.disconnect();
    await Promise.all(loops);
  });
  return stop.signal;
}

/** The intake, unless this Redis would throw tasks away: then they stay where they are. */
async function takeTasks(redis: Redis, intake: IntakeDeps, signal: AbortSignal): Promise<void> {
  const risk = await evictionRisk(redis);
  if (risk === null) return runIntake(intake, signal);
  intake.record({ event: 'loop_error', loop: 'intake', error: new Error(risk) });
}
