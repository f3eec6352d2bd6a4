/** Opens Replicate, and asks it whether it takes the token and has the model. */
import { ReplicateProvider } from '../adapters/replicate/provider.ts';
import type { ChannelSettings } from '../config/providers.ts';
import type { Config } from '../config.ts';
import { TaskError } from '../errors.ts';
import { openPictureFetcher } from './fetchers.ts';
import type { OpenDeps, OpenedProvider } from './opened-provider.ts';
import { type VendorWatch, watchVendor } from './vendor-watch.ts';

/** Where Replicate keeps the files that models make. */
const FILE_HOSTS = ['replicate.delivery', '.replicate.delivery'];

export function openReplicate(
  config: Config,
  settings: ChannelSettings,
  { stack }: OpenDeps,
): OpenedProvider {
  const options = {
    token: config.replicateApiToken,
    baseUrl: config.replicateBaseUrl,
    model: settings.replicateModel,
    fetchPicture: openPictureFetcher(config.replicateBaseUrl, FILE_HOSTS, stack),
  };
  const provider = stack.use(new ReplicateProvider(options));
  return { provider, watch: (onError) => watchReplicate(provider, onError) };
}

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
