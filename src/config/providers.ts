/**
 * The variables of the image providers: which ones, their keys, and what each channel may set for
 * itself.
 */
import type { Channel } from '../ports/session.ts';
import {
  choice,
  integer,
  list,
  matching,
  oneOf,
  onOff,
  optional,
  secureUrl,
  text,
  type Variable,
  variable,
} from './variable.ts';

/** The providers that IMAGE_PROVIDERS may name. PROVIDERS below has the variables of each. */
export const PROVIDER_NAMES = ['openai', 'replicate'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** What every channel may have its own of. */
const PER_CHANNEL = {
  imageProviders: list(
    'IMAGE_PROVIDERS',
    {
      about: `Image providers, comma-separated, the preferred first: ${PROVIDER_NAMES.join(', ')}. The next one gets a task that the first cannot take or make.`,
      default: 'openai',
    },
    providerName,
  ),
  openaiImageModel: text('OPENAI_IMAGE_MODEL', {
    about: 'The image model.',
    default: 'gpt-image-2.6-sunburst',
  }),
  openaiImageQuality: oneOf(
    'OPENAI_IMAGE_QUALITY',
    ['low', 'medium', 'high', 'xhigh', 'max', 'auto'],
    {
      about: 'The quality asked for.',
      default: 'medium',
    },
  ),
  openaiImageComplexity: optional(
    'OPENAI_IMAGE_COMPLEXITY',
    {
      about:
        'How much the model plans before it draws: low, medium or high; models from 2.6 on. Empty: its own default.',
      example: 'low',
    },
    choice('low', 'medium', 'high'),
  ),
  openaiImageSize: variable(
    'OPENAI_IMAGE_SIZE',
    {
      about:
        "Picture size in pixels, WIDTHxHEIGHT, or match: the size that is nearest to the shape of the person's photo.",
      default: '1024x1536',
    },
    matching(/^([1-9]\d{2,3}x[1-9]\d{2,3}|match)$/, 'must be WIDTHxHEIGHT in pixels, or match'),
  ),
  replicateModel: variable(
    'REPLICATE_MODEL',
    {
      about: 'The model on Replicate, owner/name, or owner/name:version.',
      default: 'prunaai/p-image-try-on',
    },
    matching(/^[\w.-]+\/[\w.-]+(:[0-9a-f]{64})?$/, 'must be owner/name or owner/name:version'),
  ),
} as const;

function providerName(value: string): ProviderName {
  const found = PROVIDER_NAMES.find((name) => name === value);
  if (found === undefined) throw new Error(`must hold ${PROVIDER_NAMES.join(', ')} only`);
  return found;
}

type PerChannel = typeof PER_CHANNEL;
type ValueOf<V> = V extends Variable<infer T> ? T : never;

/** What holds for the tasks of one channel. */
export type ChannelSettings = { readonly [K in keyof PerChannel]: ValueOf<PerChannel[K]> };

type Overrides<C extends Channel> = {
  readonly [K in keyof PerChannel as `${C}${Capitalize<K>}`]: Variable<ValueOf<
    PerChannel[K]
  > | null>;
};

const OWNERS: Readonly<Record<Channel, string>> = { b2b: 'stores', b2c: 'people' };

function keyOf(channel: Channel, name: string): string {
  return channel + name.charAt(0).toUpperCase() + name.slice(1);
}

/** A variable of the channel for each, empty by default. */
function overridesFor<C extends Channel>(channel: C): Overrides<C> {
  const entries = Object.entries<Variable>(PER_CHANNEL).map(([key, { name, example, parse }]) => [
    keyOf(channel, key),
    optional(
      `${channel.toUpperCase()}_${name}`,
      { about: `${name} for tasks of ${OWNERS[channel]}. Empty: the same.`, example },
      parse,
    ),
  ]);
  return Object.fromEntries(entries);
}

export const PROVIDER_VARIABLES = {
  ...PER_CHANNEL,
  ...overridesFor('b2b'),
  ...overridesFor('b2c'),
  openaiApiKey: text('OPENAI_API_KEY', {
    about: 'The key for the OpenAI API. Required where openai is among the providers. Secret.',
    example: 'sk-…',
  }),
  openaiBaseUrl: secureUrl('OPENAI_BASE_URL', {
    about: 'Base URL of the OpenAI API or of a compatible gateway.',
    default: 'https://api.openai.com/v1',
  }),
  openaiImageSuccessor: onOff('OPENAI_IMAGE_SUCCESSOR', {
    about:
      'Whether calls go to the successor once OPENAI_IMAGE_MODEL is shut down. With off such a model is refused at start, and tasks wait when it ends later.',
    default: 'on',
  }),
  openaiPartialImages: integer('OPENAI_PARTIAL_IMAGES', 0, 3, {
    about:
      "Partial pictures that the console's playground shows while OpenAI draws, each for 100 output tokens more. Calls of tasks never ask for any.",
    default: '0',
  }),
  maxProviderCalls: integer('OPENAI_MAX_RETRIES', 1, 10, {
    about:
      'The most paid calls per task, all attempts and providers together. Calls refused for the rate, the key or the quota do not count.',
    default: '3',
  }),
  openaiRateLimitPerMinute: integer('OPENAI_RATE_LIMIT_PER_MINUTE', 1, 1_000_000, {
    about: 'Paid calls a minute to OpenAI over all replicas, evenly paced.',
    default: '300',
  }),
  replicateApiToken: text('REPLICATE_API_TOKEN', {
    about: 'The token for Replicate. Required where replicate is among the providers. Secret.',
    default: '',
    example: 'r8_…',
  }),
  replicateBaseUrl: secureUrl('REPLICATE_BASE_URL', {
    about:
      'Base URL of the Replicate API or of a compatible gateway. Results are fetched from its own origin and from replicate.delivery only.',
    default: 'https://api.replicate.com/v1',
  }),
  replicateRateLimitPerMinute: integer('REPLICATE_RATE_LIMIT_PER_MINUTE', 1, 1_000_000, {
    about: 'Paid calls a minute to Replicate over all replicas, evenly paced.',
    default: '300',
  }),
  dailyBudgetUsd: optional(
    'DAILY_BUDGET_USD',
    {
      about:
        'The most that paid calls may cost a day (UTC), over all replicas and providers; then they pause until the next day. Empty: no ceiling.',
      example: '50',
    },
    (value) => {
      if (!/^\d{1,6}(\.\d{1,6})?$/.test(value) || Number(value) === 0)
        throw new Error('must be a number of US dollars above 0');
      return Number(value);
    },
  ),
} as const;

/** The variables whose value is a text. */
type TextKey<V> = { [K in keyof V]: V[K] extends Variable<string> ? K : never }[keyof V];

interface ProviderKeys {
  /** Required where the provider is named, and nowhere else. */
  readonly apiKey: TextKey<typeof PROVIDER_VARIABLES>;
  readonly baseUrl: `${ProviderName}BaseUrl`;
  readonly callsPerMinute: `${ProviderName}RateLimitPerMinute`;
  readonly model: TextKey<PerChannel>;
  /** What `wearon try` may set in addition to the model, by its name there. */
  readonly trial: Readonly<Record<string, keyof PerChannel>>;
}

/** Where the values that every provider has stand in Config and in ChannelSettings. */
export const PROVIDERS: Readonly<Record<ProviderName, ProviderKeys>> = {
  openai: {
    apiKey: 'openaiApiKey',
    baseUrl: 'openaiBaseUrl',
    callsPerMinute: 'openaiRateLimitPerMinute',
    model: 'openaiImageModel',
    trial: {
      quality: 'openaiImageQuality',
      complexity: 'openaiImageComplexity',
      size: 'openaiImageSize',
    },
  },
  replicate: {
    apiKey: 'replicateApiToken',
    baseUrl: 'replicateBaseUrl',
    callsPerMinute: 'replicateRateLimitPerMinute',
    model: 'replicateModel',
    trial: {},
  },
};

/** The settings of both channels out of the values that were read. */
export function channelSettings(
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<Channel, ChannelSettings>> {
  const settingsOf = (channel: Channel) =>
    Object.fromEntries(
      Object.keys(PER_CHANNEL).map((key) => [key, values[keyOf(channel, key)] ?? values[key]]),
    ) as ChannelSettings;
  return { b2b: settingsOf('b2b'), b2c: settingsOf('b2c') };
}

/** The providers that a channel names, each once. */
export function namedProviders({
  b2b,
  b2c,
}: Readonly<Record<Channel, ChannelSettings>>): readonly ProviderName[] {
  return [...new Set([...(b2b.imageProviders ?? []), ...(b2c.imageProviders ?? [])])];
}
