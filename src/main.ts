/**
 * The process: reads the environment, starts the worker, waits for a signal, lets go.
 */
import { type App, startApp } from './app.ts';
import { ConfigError, readConfig } from './config.ts';
import { configureDecoders } from './images/decode.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';

/** What letting go may take beyond the grace for running attempts. */
const STOP_MARGIN_MS = 10_000;

function readEnvironment() {
  try {
    process.loadEnvFile();
  } catch {
    // No .env file: production sets the environment itself.
  }
  return readConfig(process.env);
}

/** Stops the worker on the first signal, and at once on a second one or when it takes too long. */
function stopOnSignal(app: App, logger: Logger, graceMs: number): void {
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'shutting_down');
    setTimeout(() => process.exit(1), graceMs + STOP_MARGIN_MS).unref();
    // An answer that nobody waits for any more must not keep the process.
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
  };
  let isStopping = false;
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

try {
  const config = readEnvironment();
  const logger = createLogger(config.logLevel);
  process.on('uncaughtException', (error) => {
    logger.fatal({ error }, 'crashed');
    process.exit(1);
  });
  configureDecoders();
  const app = await startApp(config, logger);
  stopOnSignal(app, logger, config.shutdownGraceSeconds * 1000);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
