/**
 * Libraries print notices of their own, and Node.js prints warnings: as plain text they would break
 * a log of JSON lines, so they go through the logger.
 */
import { format } from 'node:util';
import type { Logger } from './logger.ts';
import { redact } from './redaction.ts';

/** From now on `console` and the warnings of the process write to the logger. */
export function logConsole(logger: Logger): void {
  const write =
    (level: 'info' | 'warn') =>
    (...values: readonly unknown[]) =>
      logger[level]({ text: redact(format(...values)) }, 'library_notice');
  const info = write('info');
  const warn = write('warn');
  Object.assign(console, { log: info, info, debug: info, trace: info, warn, error: warn });
  process.removeAllListeners('warning').on('warning', ({ name, message }) => warn(name, message));
}
