/**
 * Whether Replicate takes the token and has the model: asked at once, daily, and every minute while it
 * refuses.
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
): ReplicateWatch {
  const stop = new AbortController();
  let askedAtMs: number | null = null;
  let problem: string | null = null;
  const ask = async () => {
    const isFresh = askedAtMs !== null && performance.now() - askedAtMs < DAY_MS;
    if (isFresh && problem === null) return;
    askedAtMs = performance.now();
    try {
      await provider.check();
      problem = null;
    } catch (error) {
      const isRefusal = error instanceof TaskError && error.code === 'PROVIDER_REFUSES_SERVICE';
      if (!isRefusal) throw error;
      const what =
        error.detail === 'model_gone' ? `REPLICATE_MODEL ${provider.model}` : 'REPLICATE_API_TOKEN';
      problem ??= `${what} is refused, since ${new Date().toISOString()}`;
    }
  };
  void repeat(ask, ASK_AGAIN_MS, stop.signal, onError);
  return {
    get problems() {
      return problem === null ? [] : [problem];
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}
