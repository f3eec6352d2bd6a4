/**
 * The image providers: one line each in the table, opened for each channel with its settings, behind
 * one gate per provider.
 */
import type { Redis } from 'ioredis';
import { RedisProviderGate } from '../adapters/redis/gate/provider-gate.ts';
import { type ChannelSettings, PROVIDERS, type ProviderName } from '../config/providers.ts';
import type { Config } from '../config.ts';
import type { RecordEvent } from '../ports/events.ts';
import type { ImageProvider } from '../ports/image-provider.ts';
import type { Channel } from '../ports/session.ts';
import type { GatedProvider } from '../tryon/provider-route.ts';
import { openOpenAi } from './openai.ts';
import type { OpenDeps, OpenedProvider } from './opened-provider.ts';
import { openReplicate } from './replicate.ts';

interface ProviderDeps extends OpenDeps {
  readonly redis: Redis;
  readonly record: RecordEvent;
}

/** Opens a provider; `stack` disposes of it. */
type Open = (config: Config, settings: ChannelSettings, deps: OpenDeps) => OpenedProvider;

const OPEN: Readonly<Record<ProviderName, Open>> = {
  openai: openOpenAi,
  replicate: openReplicate,
};

/** Opens all that the channels name; channels with the same settings share a provider. `vendors`: each once. */
export function openProviders(config: Config, deps: ProviderDeps) {
  const opened = new Map<string, OpenedProvider>();
  const open = (name: ProviderName, settings: ChannelSettings) => {
    const { imageProviders: _, ...rest } = settings;
    const key = JSON.stringify([name, rest]);
    const one = opened.get(key) ?? OPEN[name](config, settings, deps);
    opened.set(key, one);
    return one.provider;
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
  return { providers, vendors: [...opened.values()] };
}

/** One provider with the settings of a channel, without a gate; `stack` disposes of it. */
export function openProvider(
  name: ProviderName,
  config: Config,
  settings: ChannelSettings,
  deps: OpenDeps,
): ImageProvider {
  return OPEN[name](config, settings, deps).provider;
}

/** The providers and models that calls may go to, as metrics label them. */
export function callersOf({ channels }: Config): { provider: string; model: string }[] {
  return Object.values(channels).flatMap((settings) =>
    settings.imageProviders.map((provider) => ({
      provider,
      model: settings[PROVIDERS[provider].model],
    })),
  );
}

function openGate(name: ProviderName, config: Config, { redis, record }: ProviderDeps) {
  return new RedisProviderGate(redis, {
    provider: name,
    callsPerMinute: config[PROVIDERS[name].callsPerMinute],
    cooldownMs: config.breakerCooldownSeconds * 1000,
    probeMs: config.providerTimeoutSeconds * 1000,
    record,
  });
}
