/**
 * The image providers: one line each in the table, opened for each channel with its settings, behind
 * one gate per provider.
 */
import type { Redis } from 'ioredis';
import { OpenAiProvider } from '../adapters/openai/provider.ts';
import { RedisProviderGate } from '../adapters/redis/provider-gate.ts';
import { ReplicateProvider } from '../adapters/replicate/provider.ts';
import { WebImageFetcher } from '../adapters/web/image-fetcher.ts';
import { type ChannelSettings, callsPerMinuteTo, type ProviderName } from '../config/providers.ts';
import type { Config } from '../config.ts';
import type { RecordEvent } from '../ports/events.ts';
import type { FetchPicture } from '../ports/image-provider.ts';
import type { Channel } from '../ports/session.ts';
import type { GatedProvider } from '../tryon/provider-route.ts';

interface OpenDeps {
  readonly warn: (warning: string) => void;
  readonly stack: AsyncDisposableStack;
}

interface ProviderDeps extends OpenDeps {
  readonly redis: Redis;
  readonly record: RecordEvent;
}

/** Opens a provider with the settings of one channel. */
type Open = (
  config: Config,
  settings: ChannelSettings,
  deps: OpenDeps,
) => OpenAiProvider | ReplicateProvider;

const PROVIDERS: Readonly<Record<ProviderName, Open>> = {
  openai: openOpenAi,
  replicate: openReplicate,
};

/** Where Replicate keeps the files that models make. */
const REPLICATE_FILE_HOSTS = ['replicate.delivery', '.replicate.delivery'];

interface OpenProviders {
  readonly providers: Readonly<Record<Channel, readonly GatedProvider[]>>;
  readonly openai: readonly OpenAiProvider[];
  readonly replicate: readonly ReplicateProvider[];
}

/** Opens all that the channels name; channels with the same settings share a provider. */
export function openProviders(config: Config, deps: ProviderDeps): OpenProviders {
  const opened = new Map<string, OpenAiProvider | ReplicateProvider>();
  const open = (name: ProviderName, settings: ChannelSettings) => {
    const { imageProviders: _, ...rest } = settings;
    const key = JSON.stringify([name, rest]);
    const provider = opened.get(key) ?? openProvider(name, config, settings, deps);
    opened.set(key, provider);
    return provider;
  };
  const gates = new Map(
    config.providersInUse.map((name) => [name, openGate(name, config, deps)] as const),
  );
  const providersOf = (channel: Channel) => {
    const settings = config.channels[channel];
    return settings.imageProviders.flatMap((name): GatedProvider[] => {
      const gate = gates.get(name);
      return gate === undefined ? [] : [{ provider: open(name, settings), gate }];
    });
  };
  const providers = { b2b: providersOf('b2b'), b2c: providersOf('b2c') };
  const all = [...opened.values()];
  return {
    providers,
    openai: all.filter((provider) => provider instanceof OpenAiProvider),
    replicate: all.filter((provider) => provider instanceof ReplicateProvider),
  };
}

/** One provider with the settings of a channel, without a gate; it comes off the stack. */
export function openProvider(
  name: ProviderName,
  config: Config,
  settings: ChannelSettings,
  deps: OpenDeps,
): OpenAiProvider | ReplicateProvider {
  return deps.stack.use(PROVIDERS[name](config, settings, deps));
}

/** The providers and models that calls may go to, as metrics label them. */
export function callersOf({ channels }: Config): { provider: string; model: string }[] {
  return Object.values(channels).flatMap((settings) =>
    settings.imageProviders.map((provider) => ({
      provider,
      model: { openai: settings.openaiImageModel, replicate: settings.replicateModel }[provider],
    })),
  );
}

function openGate(name: ProviderName, config: Config, { redis, record }: ProviderDeps) {
  return new RedisProviderGate(redis, {
    provider: name,
    callsPerMinute: callsPerMinuteTo(name, config),
    cooldownMs: config.breakerCooldownSeconds * 1000,
    probeMs: config.providerTimeoutSeconds * 1000,
    record,
  });
}

function openOpenAi(
  config: Config,
  settings: ChannelSettings,
  { warn, stack }: OpenDeps,
): OpenAiProvider {
  return new OpenAiProvider({
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
  });
}

function openReplicate(
  config: Config,
  settings: ChannelSettings,
  { stack }: OpenDeps,
): ReplicateProvider {
  return new ReplicateProvider({
    token: config.replicateApiToken,
    baseUrl: config.replicateBaseUrl,
    model: settings.replicateModel,
    fetchPicture: openPictureFetcher(config.replicateBaseUrl, REPLICATE_FILE_HOSTS, stack),
  });
}

/** A picture in base64 is under 30 MB; as a file it is smaller. */
const MAX_PICTURE_BYTES = 32 * 1024 * 1024;
const PICTURE_TIMEOUT_MS = 30_000;

/** Fetches the pictures that an answer links to: from these hosts (null: any public one) and the API's own origin. */
function openPictureFetcher(
  baseUrl: string,
  hostAllowlist: readonly string[] | null,
  stack: AsyncDisposableStack,
): FetchPicture {
  const trustedOrigins = [new URL(baseUrl).origin];
  const options = { trustedOrigins, hostAllowlist, maxBytes: MAX_PICTURE_BYTES };
  const fetcher = stack.use(new WebImageFetcher(options));
  return (url, signal) => fetcher.fetch(url, { timeoutMs: PICTURE_TIMEOUT_MS, signal });
}
