/**
 * Waits for work that ignores abort signals.
 */
import { addAbortListener } from 'node:events';

/** The result of `work`, or at an abort by `signal` a rejection with its reason, while the work goes on. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  using _listening = addAbortListener(signal, () => reject(signal.reason));
  return await Promise.race([work, aborted]);
}
