/**
 * Opens OpenAI, and follows how long its image model lives: by the catalogue before anything starts,
 * and by the vendor's own list once a day.
 */
import {
  acceptsSize,
  describeModel,
  MATCH,
  type ModelState,
  modelInUse,
  modelState,
} from '../adapters/openai/catalogue.ts';
import type { OfferedModel } from '../adapters/openai/offered-models.ts';
import { OpenAiProvider, replacementOf } from '../adapters/openai/provider.ts';
import type { ChannelSettings } from '../config/providers.ts';
import { type Config, ConfigError } from '../config.ts';
import { TaskError } from '../errors.ts';
import { openPictureFetcher } from './fetchers.ts';
import type { OpenDeps, OpenedProvider } from './opened-provider.ts';
import { type VendorWatch, watchVendor } from './vendor-watch.ts';

export function openOpenAi(
  config: Config,
  settings: ChannelSettings,
  { warn, stack }: OpenDeps,
): OpenedProvider {
  const options = {
    apiKey: config.openaiApiKey,
    baseUrl: config.openaiBaseUrl,
    model: settings.openaiImageModel,
    quality: settings.openaiImageQuality,
    complexity: settings.openaiImageComplexity,
    size: settings.openaiImageSize,
    partialImages: config.openaiPartialImages,
    timeoutMs: config.providerTimeoutSeconds * 1000,
    useSuccessor: config.openaiImageSuccessor,
    // A gateway may link to any public host.
    fetchPicture: openPictureFetcher(config.openaiBaseUrl, null, stack),
    warn,
  };
  const provider = stack.use(new OpenAiProvider(options));
  return { provider, watch: (onError) => watchImageModel(provider, warn, onError) };
}

/**
 * Warns when the configured model is shut down soon, or already and its successor is used. Throws a
 * ConfigError when it is shut down and has no successor (or OPENAI_IMAGE_SUCCESSOR is off), or when
 * it cannot make the size. The adapter warns of a model that the catalogue does not know.
 */
export function checkImageModels(config: Config, warn: (warning: string) => void): void {
  for (const settings of Object.values(config.channels)) {
    if (settings.imageProviders.includes('openai')) checkImageModel(config, settings, warn);
  }
}

/** The same for one channel's settings that name OpenAI. */
export function checkImageModel(
  config: Config,
  settings: ChannelSettings,
  warn: (warning: string) => void,
): void {
  const { openaiImageModel: name, openaiImageSize: size } = settings;
  const today = new Date();
  const inUse = modelInUse(name, config.openaiImageSuccessor, today);
  if (size !== MATCH && !acceptsSize(inUse, size)) {
    throw new ConfigError([
      `OPENAI_IMAGE_SIZE ${size} is not a size of ${inUse} (example: OPENAI_IMAGE_SIZE=1024x1536)`,
    ]);
  }
  if (inUse !== name) {
    warn(replacementOf(name, inUse));
    return;
  }
  const life = modelState(name, today);
  switch (life.state) {
    case 'usable':
    case 'unknown':
      return;
    case 'retiring':
      warn(retirementOf(name, life));
      return;
    case 'retired': {
      const problem = `OPENAI_IMAGE_MODEL ${name} was shut down on ${life.shutdownDate} (example: OPENAI_IMAGE_MODEL=${life.successor})`;
      if (settings.imageProviders.length === 1) throw new ConfigError([problem]);
      warn(`${problem}: calls go to the other providers`);
      return;
    }
    default:
      life satisfies never;
  }
}

function retirementOf(
  model: string,
  life: Extract<ModelState, { readonly shutdownDate: string }>,
): string {
  const advice = life.successor === null ? '' : `: use ${life.successor}`;
  return `OPENAI_IMAGE_MODEL ${model} is shut down on ${life.shutdownDate}${advice}`;
}

/**
 * Asks the vendor which models it offers. Warns when the model in use is not among them or ends soon.
 * A vendor that does not list its models (a gateway) changes nothing: `onError` gets the reason.
 */
export function watchImageModel(
  imageModel: Pick<OpenAiProvider, 'listModels' | 'model' | 'configuredModel'>,
  warn: (warning: string) => void,
  onError: (error: Error) => void,
  askAgainMs?: number,
): VendorWatch {
  const announced = new Map<string, string>();
  const judge = (offered: readonly OfferedModel[]) => {
    for (const { name, shutdownDate } of offered) {
      if (shutdownDate !== null) announced.set(name, shutdownDate);
    }
    const name = imageModel.model;
    if (!offered.some((model) => model.name === name)) {
      warn(`OPENAI_IMAGE_MODEL ${name} is not among the models that the key may use`);
      return;
    }
    const life = modelState(name, new Date(), announced.get(name));
    if ('shutdownDate' in life) warn(retirementOf(name, life));
  };
  const ask = async () => {
    try {
      judge(await imageModel.listModels());
      return null;
    } catch (error) {
      if (isPassing(error as Error)) throw error;
      onError(error as Error);
      return isKeyRefusal(error as Error) ? 'OPENAI_API_KEY' : null;
    }
  };
  const watch = watchVendor(ask, onError, askAgainMs);
  const life = {
    get name() {
      return imageModel.model;
    },
    get isSuccessor() {
      return imageModel.model !== imageModel.configuredModel;
    },
    get shutdownDate() {
      const { name } = this;
      return announced.get(name) ?? describeModel(name)?.shutdownDate ?? null;
    },
  };
  return Object.assign(watch, { modelInUse: life });
}

/** The vendor was not reached. Unlike an answer without a list, this may change in a minute. */
function isPassing(error: Error): boolean {
  return (
    error instanceof TaskError && error.kind === 'transient' && error.code !== 'PROVIDER_MALFORMED'
  );
}

/** A key without the right to list models is refused otherwise, and may still make pictures. */
function isKeyRefusal({ cause }: Error): boolean {
  return cause instanceof Error && /\binvalid_api_key\b/.test(cause.message);
}
