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

/** Lines go to standard output unless a destination is given. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    messageKey: 'message',
    base: { repo: 'wearon-worker' },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: (error: unknown) => describeError(error) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
