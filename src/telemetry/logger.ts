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
/** How long the end of the process waits for a slow reader, and how often it tries. */
const MOST_END_MS = 2000;
const END_RETRY_MS = 10;

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
 * default pino would throw, or block the process until the reader goes on. At the end of the process
 * a slow reader gets a moment for the last lines, which say how it ended.
 */
function standardOutput(): DestinationStream {
  let problem: string | undefined;
  const output = pino
    .destination({
      sync: true,
      maxLength: MOST_WAITING_BYTES,
      retryEAGAIN: () => false,
      periodicFlush: RETRY_MS,
      // With 0, the default, nothing is flushed.
      minLength: 1,
    })
    .on('error', ({ code }) => {
      problem = code;
    });
  const isBehind = () => {
    problem = undefined;
    output.flush();
    return problem === 'EAGAIN';
  };
  process.on('exit', () => {
    const lastMs = performance.now() + MOST_END_MS;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (isBehind() && performance.now() < lastMs) Atomics.wait(pause, 0, 0, END_RETRY_MS);
  });
  // Of `fatal`: it would try for ever.
  return Object.assign(output, { flushSync: () => undefined });
}
