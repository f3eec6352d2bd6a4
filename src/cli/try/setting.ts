/**
 * The settings that `wearon try` compares, and how they are written:
 * `provider[:model][+name=value…]`, separated by commas.
 */
import {
  type ChannelSettings,
  PROVIDER_NAMES,
  PROVIDER_VARIABLES,
  PROVIDERS,
  type ProviderName,
} from '../../config/providers.ts';
import { LOOPBACK } from '../../config/variable.ts';
import type { Config } from '../../config.ts';
import { UsageError } from '../answer.ts';

/** A provider with what it is asked for. */
export interface TrialSetting {
  /** In the notation above, the model always named. */
  readonly label: string;
  readonly provider: ProviderName;
  /** The channel's own, with the provider alone in the order: nothing falls back. */
  readonly channel: ChannelSettings;
}

/** More at once are more likely a mistake than a wish. */
const MOST_SETTINGS = 12;

/** The setting that a task of the channel gets first. */
export function settingOf(channel: ChannelSettings): TrialSetting {
  return parseSetting(channel.imageProviders[0] ?? 'openai', channel);
}

/** The settings of `--compare`; what they leave out is the channel's. Throws a UsageError. */
export function parseSettings(text: string, channel: ChannelSettings): TrialSetting[] {
  const parts = text.split(',').map((part) => part.trim());
  const settings = parts.map((part) => parseSetting(part, channel));
  if (settings.length > MOST_SETTINGS) {
    throw new UsageError(`--compare takes ${MOST_SETTINGS} settings at the most.`);
  }
  const labels = settings.map(({ label }) => label);
  const doubled = labels.find((label, at) => labels.indexOf(label) !== at);
  if (doubled !== undefined) throw new UsageError(`--compare names ${doubled} twice.`);
  return settings;
}

function parseSetting(text: string, channel: ChannelSettings): TrialSetting {
  const [named = '', ...pairs] = text.split('+');
  const [name = '', ...modelParts] = named.split(':');
  const provider = PROVIDER_NAMES.find((known) => known === name);
  if (provider === undefined) {
    throw new UsageError(`"${text}" names no provider: ${PROVIDER_NAMES.join(', ')}.`);
  }
  const modelKey = PROVIDERS[provider].model;
  const model = modelParts.join(':') || channel[modelKey];
  const chosen = [
    [modelKey, read('model', modelKey, model)],
    ...pairs.map((pair) => entryOf(provider, pair)),
  ];
  return {
    label: [`${provider}:${model}`, ...pairs].join('+'),
    provider,
    channel: { ...channel, ...Object.fromEntries(chosen), imageProviders: [provider] },
  };
}

/** One `name=value` as an entry of the channel's settings. */
function entryOf(provider: ProviderName, pair: string): readonly [string, unknown] {
  const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
  const { trial } = PROVIDERS[provider];
  const key = trial[name];
  if (key !== undefined) return [key, read(name, key, value)];
  const known = Object.keys(trial).map((one) => `${one}=…`);
  const may = known.length === 0 ? 'nothing but a model' : known.join(', ');
  throw new UsageError(`"${pair}" is no setting of ${provider}, which takes ${may}.`);
}

function read(name: string, key: keyof ChannelSettings, value: string): unknown {
  try {
    return PROVIDER_VARIABLES[key].parse(value);
  } catch (error) {
    throw new UsageError(`${name} "${value}" ${(error as Error).message}.`);
  }
}

/** Throws a UsageError unless the key of every named provider is configured. */
export function requireKeys(settings: readonly TrialSetting[], config: Config): void {
  const named = new Set(settings.map(({ provider }) => provider));
  const missing = [...named].filter((name) => !config[PROVIDERS[name].apiKey]);
  if (missing.length === 0) return;
  const variableOf = (name: ProviderName) => PROVIDER_VARIABLES[PROVIDERS[name].apiKey].name;
  const each = missing.map((name) => `${variableOf(name)} for ${name}`);
  throw new UsageError(`A key is missing: set ${each.join(' and ')}.`);
}

/**
 * Whether nothing is billed: all settings lead to the models of a local stack. It names itself by
 * CONSOLE_ORDERS_URL; a base URL on loopback alone may be a gateway that pays.
 */
export function isFree(
  settings: readonly TrialSetting[],
  config: Pick<Config, 'consoleOrdersUrl' | `${ProviderName}BaseUrl`>,
): boolean {
  const isLocal = ({ provider }: TrialSetting) =>
    LOOPBACK.test(new URL(config[PROVIDERS[provider].baseUrl]).hostname);
  return config.consoleOrdersUrl !== null && settings.every(isLocal);
}
