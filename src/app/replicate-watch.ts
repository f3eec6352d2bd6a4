/**
 * Whether Replicate takes the token and has the model: asked at once, daily, and every minute while it
 * refuses or cannot be reached.
 */
import type { ReplicateProvider } from '../adapters/replicate/provider.ts';
import { TaskError } from '../errors.ts';
import { repeat } from '../repeat.ts';

const ASK_AGAIN_MS = 60_000;
const DAY_MS = 86_400_000;

export interface ReplicateWatch extends Disposable {
  /** Why no picture can be made there now. */
  readonly problems: readonly string[];
}

/** Disposing of it ends the asking; `onError` gets what else goes wrong. */
export function watchReplicate(
  provider: Pick<ReplicateProvider, 'check' | 'model'>,
  onError: (error: Error) => void,
  askAgainMs = ASK_AGAIN_MS,
): ReplicateWatch {
  const stop = new AbortController();
  let answeredAtMs: number | null = null;
  let refusal: { readonly what: string; readonly since: string } | null = null;
  const ask = async () => {
    const isFresh = answeredAtMs !== null && performance.now() - answeredAtMs < DAY_MS;
    if (isFresh && refusal === null) return;
    try {
      await provider.check();
      refusal = null;
    } catch (error) {
      const isRefusal = error instanceof TaskError && error.code === 'PROVIDER_REFUSES_SERVICE';
      if (!isRefusal) throw error;
      const what =
        error.detail === 'model_gone' ? `REPLICATE_MODEL ${provider.model}` : 'REPLICATE_API_TOKEN';
      if (what !== refusal?.what) refusal = { what, since: new Date().toISOString() };
    }
    answeredAtMs = performance.now();
  };
  void repeat(ask, askAgainMs, stop.signal, onError);
  return {
    get problems() {
      return refusal === null ? [] : [`${refusal.what} is refused, since ${refusal.since}`];
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}
