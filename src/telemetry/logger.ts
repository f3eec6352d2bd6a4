/**
 * The one logger: JSON lines with level, ISO time, repo and message, errors without secrets.
 */
import {
  type DestinationStream,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from 'pino';
import { describeError } from './redaction.ts';

export type { Logger } from 'pino';

/** Lines that wait while standard output takes none; more are dropped. */
const MOST_WAITING_BYTES = 1024 * 1024;
/** How often they are tried again. */
const RETRY_MS = 250;

/** Lines go to standard output unless a destination is given. */
export function createLogger(level: string, destination = standardOutput()): Logger {
  const options: LoggerOptions = {
    level,
    messageKey: 'message',
    base: { repo: 'wearon-worker' },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: (error: unknown) => describeError(error) },
  };
  return pino(options, destination);
}

/**
 * Never stops the worker: on a full disk, or with a reader that stalls or is gone, lines wait. By
 * default pino would throw, or block the process until the reader goes on.
 */
function standardOutput(): DestinationStream {
  const output = pino
    .destination({
      sync: true,
      maxLength: MOST_WAITING_BYTES,
      retryEAGAIN: () => false,
      periodicFlush: RETRY_MS,
      // With 0, the default, nothing is flushed.
      minLength: 1,
    })
    .on('error', () => undefined);
  // Of `fatal`: it would try for ever.
  return Object.assign(output, { flushSync: () => undefined });
}
