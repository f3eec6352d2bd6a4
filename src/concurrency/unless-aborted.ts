/**
 * Waits for work that ignores abort signals.
 */
import { addAbortListener } from 'node:events';

/** The result of `work`; rejects with the reason of `signal` when it aborts, without stopping the work. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  using _listening = addAbortListener(signal, () => reject(signal.reason));
  return await Promise.race([work, aborted]);
}
