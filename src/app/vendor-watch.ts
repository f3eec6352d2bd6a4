/**
 * Whether a vendor takes what is configured: asked at once, daily, and every minute while it refuses
 * or cannot be reached.
 */
import { repeat } from '../concurrency/repeat.ts';
import type { GaugeSources } from '../telemetry/gauges.ts';

const ASK_AGAIN_MS = 60_000;
const DAY_MS = 86_400_000;

export interface VendorWatch extends Disposable {
  /** Why no picture can be made there now. */
  readonly problems: readonly string[];
  /** Where the vendor announces the end of its models. */
  readonly modelInUse?: GaugeSources['imageModels'][number];
}

/**
 * `ask` resolves with the variable whose value the vendor refuses, or with null; `onError` gets what it
 * throws, after which it is called again in a minute. Disposing of the watch ends the asking.
 */
export function watchVendor(
  ask: () => Promise<string | null>,
  onError: (error: Error) => void,
  askAgainMs = ASK_AGAIN_MS,
): VendorWatch {
  const stop = new AbortController();
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  let refusal: { readonly what: string; readonly since: string } | null = null;
  const askIfDue = async () => {
    if (refusal === null && performance.now() - answeredAtMs < DAY_MS) return;
    const what = await ask();
    const since = what === refusal?.what ? refusal.since : new Date().toISOString();
    refusal = what === null ? null : { what, since };
    answeredAtMs = performance.now();
  };
  void repeat(askIfDue, askAgainMs, stop.signal, onError);
  return {
    get problems() {
      return refusal === null ? [] : [`${refusal.what} is refused, since ${refusal.since}`];
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}
