/**
 * Environment → Config. Reads nothing but the record it is given and the files that it names for
 * secrets, and alone knows the variables' names. `.env.example` and docs/configuration.md are
 * generated from the same tables.
 */
import { CONNECTION_VARIABLES } from './config/connections.ts';
import { HTTP_VARIABLES } from './config/http.ts';
import { misspeltNames } from './config/misspelt-names.ts';
import {
  channelSettings,
  namedProviders,
  PROVIDER_NAMES,
  PROVIDER_VARIABLES,
  PROVIDERS,
  type ProviderName,
} from './config/providers.ts';
import { readVariable } from './config/read-variable.ts';
import { SIZE_VARIABLES } from './config/sizes.ts';
import { TASK_VARIABLES } from './config/tasks.ts';
import { TELEMETRY_VARIABLES } from './config/telemetry.ts';
import { LOOPBACK, type Variable } from './config/variable.ts';
import { WEBHOOK_VARIABLES } from './config/webhooks.ts';

export type { Variable } from './config/variable.ts';

/** Every variable the worker knows, by the name of its value in Config. */
export const VARIABLES = {
  ...CONNECTION_VARIABLES,
  ...PROVIDER_VARIABLES,
  ...TASK_VARIABLES,
  ...SIZE_VARIABLES,
  ...HTTP_VARIABLES,
  ...WEBHOOK_VARIABLES,
  ...TELEMETRY_VARIABLES,
} as const satisfies Record<string, Variable>;

type ValuesOf<T extends Record<string, Variable>> = {
  -readonly [K in keyof T]: ReturnType<T[K]['parse']>;
};

type Values = ValuesOf<typeof VARIABLES>;

/** The worker's configuration, read once and passed as a value. */
export type Config = Readonly<Omit<Values, 'rescueMinAgeSeconds'>> & {
  readonly rescueMinAgeSeconds: number;
  /** How long a link to a picture works: until the picture is deleted. */
  readonly linkSeconds: number;
  /** What holds for the tasks of each channel. */
  readonly channels: ReturnType<typeof channelSettings>;
  /** The providers that any channel names. */
  readonly providersInUse: readonly ProviderName[];
};

/** Life of a link in hours where nothing deletes the picture: what the platform promises. */
const PLATFORM_LINK_HOURS = 6;

/** Names every problem of the configuration at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** The providers that any channel names; those that cannot be read are reported elsewhere. */
function readNamed(env: NodeJS.ProcessEnv): readonly ProviderName[] {
  const read = (variable: Variable) => readVariable(variable, env).value;
  const values = Object.entries<Variable>(PROVIDER_VARIABLES)
    .filter(([key]) => /imageProviders$/i.test(key))
    .map(([key, variable]) => [key, read(variable)]);
  return namedProviders(channelSettings(Object.fromEntries(values)));
}

/** As `readVariable`, with a provider's key required where the provider is named, and nowhere else. */
function readKeyed(
  [key, variable]: readonly [string, Variable],
  named: readonly ProviderName[],
  env: NodeJS.ProcessEnv,
): ReturnType<typeof readVariable> {
  const provider = PROVIDER_NAMES.find((name) => PROVIDERS[name].apiKey === key);
  if (provider === undefined) return readVariable(variable, env);
  const isNeeded = named.includes(provider);
  return readVariable({ ...variable, default: isNeeded ? undefined : '' }, env);
}

/** The values of these variables; throws a ConfigError that lists every problem. */
function readValues<T extends Record<string, Variable>>(
  variables: T,
  env: NodeJS.ProcessEnv,
): ValuesOf<T> {
  const problems: string[] = misspeltNames(env, VARIABLES);
  const values: Record<string, unknown> = {};
  const named = readNamed(env);
  for (const [key, variable] of Object.entries(variables)) {
    const { value, problem } = readKeyed([key, variable], named, env);
    if (problem !== undefined) problems.push(problem);
    values[key] = value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ValuesOf<T>;
}

/** The part of the configuration that a size needs; throws as `readConfig` does. */
export function readSizeConfig(env: NodeJS.ProcessEnv) {
  return readValues(SIZE_VARIABLES, env);
}

/** Reads the configuration; throws a ConfigError that lists every problem. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const read: Values = readValues(VARIABLES, env);
  if (read.consoleAccess === 'open' && !LOOPBACK.test(new URL(read.supabaseUrl).hostname)) {
    throw new ConfigError([
      'CONSOLE_ACCESS open is for a SUPABASE_URL on loopback: set ADMIN_TOKEN',
    ]);
  }
  const channels = channelSettings(read);
  return {
    ...read,
    channels,
    providersInUse: namedProviders(channels),
    rescueMinAgeSeconds: read.rescueMinAgeSeconds ?? read.taskDeadlineSeconds,
    linkSeconds: (read.retentionHours || PLATFORM_LINK_HOURS) * 3600,
  };
}
