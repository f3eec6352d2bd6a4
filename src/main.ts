/**
 * The process: reads the environment, starts the worker, waits for a signal, shuts down. Everything
 * else is loaded once the signals are handled: as the first process of a container, one that comes
 * earlier would be lost.
 */

import { setImmediate as immediate } from 'node:timers/promises';
import type { App } from './app.ts';
import { keepCompiled } from './compile-cache.ts';
import { STOP_MARGIN_MS } from './stop-margin.ts';
import type { Logger } from './telemetry/logger.ts';

/** Null until it has started. */
let started: { readonly app: App; readonly logger: Logger; readonly graceMs: number } | null = null;
let isStopping = false;

/** Unlike `process.exit`, ends no thread inside onnxruntime first: such a thread aborts the process. */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Stops the worker on the first signal, and at once on a second one or when it takes too long. */
function stop(signal: NodeJS.Signals): void {
  if (isStopping) {
    endAtOnce();
    return;
  }
  isStopping = true;
  // Before the start is complete no task has been touched.
  if (started === null) process.exit(0);
  const { app, logger, graceMs } = started;
  logger.info({ signal }, 'shutting_down');
  setTimeout(endAtOnce, graceMs + STOP_MARGIN_MS).unref();
  app[Symbol.asyncDispose]().then(
    () => {
      logger.info('worker_stopped');
      process.exit();
    },
    (error: unknown) => {
      logger.error({ error }, 'stop_failed');
      process.exit(1);
    },
  );
}

async function readEnvironment() {
  const { readConfig } = await import('./config.ts');
  try {
    process.loadEnvFile();
  } catch {
    // No .env file: production sets the environment itself.
  }
  return readConfig(process.env);
}

async function start(): Promise<void> {
  const config = await readEnvironment();
  const { createLogger } = await import('./telemetry/logger.ts');
  const logger = createLogger(config.logLevel);
  process.on('uncaughtException', (error) => {
    logger.fatal({ error }, 'crashed');
    process.exit(1);
  });
  const { logConsole } = await import('./telemetry/library-notices.ts');
  logConsole(logger);
  const { configureDecoders } = await import('./images/decode.ts');
  configureDecoders();
  const { startApp } = await import('./app.ts');
  keepCompiled();
  // A signal that came while the modules were loaded is delivered in the event loop's next iteration.
  await immediate();
  const app = await startApp(config, logger);
  started = { app, logger, graceMs: config.shutdownGraceSeconds * 1000 };
}

process.on('SIGTERM', stop).on('SIGINT', stop);
try {
  await start();
} catch (error) {
  if (!(error instanceof Error) || error.name !== 'ConfigError') throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
