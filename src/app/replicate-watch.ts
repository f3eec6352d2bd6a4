/** Whether Replicate takes the token and has the model. */
import type { ReplicateProvider } from '../adapters/replicate/provider.ts';
import { TaskError } from '../errors.ts';
import { type VendorWatch, watchVendor } from './vendor-watch.ts';

/** `onError` gets what goes wrong in addition to refusals. */
export function watchReplicate(
  provider: Pick<ReplicateProvider, 'check' | 'model'>,
  onError: (error: Error) => void,
  askAgainMs?: number,
): VendorWatch {
  const ask = async () => {
    try {
      await provider.check();
      return null;
    } catch (error) {
      const isRefusal = error instanceof TaskError && error.code === 'PROVIDER_REFUSES_SERVICE';
      if (!isRefusal) throw error;
      return error.detail === 'model_gone'
        ? `REPLICATE_MODEL ${provider.model}`
        : 'REPLICATE_API_TOKEN';
    }
  };
  return watchVendor(ask, onError, askAgainMs);
}
