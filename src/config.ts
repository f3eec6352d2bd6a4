/**
 * Environment → Config. Reads nothing but the record it is given and the files that it names for
 * secrets, and alone knows the variables' names. The table below is also what `.env.example` and
 * docs/configuration.md say.
 */
import { readFileSync } from 'node:fs';
import {
  channelSettings,
  KEY_OF,
  namedProviders,
  PROVIDER_VARIABLES,
  type ProviderName,
} from './config/providers.ts';
import {
  integer,
  LOOPBACK,
  list,
  oneOf,
  optionalText,
  parseHost,
  parseNetwork,
  parseOrigin,
  parseUrl,
  secureUrl,
  text,
  type Variable,
  variable,
} from './config/variable.ts';

export type { Variable } from './config/variable.ts';

import { ESTIMATOR_NAMES } from './sizing/body-estimate.ts';

/** Every variable the worker knows, by the name of its value in Config. */
export const VARIABLES = {
  redisUrl: variable(
    'REDIS_URL',
    {
      about:
        'Redis with the task list and the jobs; rediss:// for TLS with a verified certificate.',
      default: 'redis://localhost:6379/0',
      example: 'rediss://default:password@host:6379',
    },
    (value) => parseUrl(value, ['redis:', 'rediss:']).href,
  ),
  supabaseUrl: secureUrl('SUPABASE_URL', {
    about: 'The Supabase project.',
    example: 'https://abcdefgh.supabase.co',
  }),
  supabaseServiceRoleKey: text('SUPABASE_SERVICE_ROLE_KEY', {
    about: 'The service-role key of the project. Secret.',
    example: 'eyJhbGciOi…',
  }),
  supabaseBucket: text('SUPABASE_BUCKET', {
    about: 'The private bucket of photos and pictures.',
    default: 'virtual-tryon-images',
  }),
  ...PROVIDER_VARIABLES,
  providerTimeoutSeconds: integer('PROVIDER_TIMEOUT_SECONDS', 1, 600, {
    about: 'How long one paid call may take.',
    default: '180',
  }),
  breakerCooldownSeconds: integer('BREAKER_COOLDOWN_SECONDS', 1, 3600, {
    about: 'How long paid calls rest when none can succeed, before one is tried again.',
    default: '30',
  }),
  workerConcurrency: integer('WORKER_CONCURRENCY', 1, 1000, {
    about: 'Attempts that run at the same time in this process.',
    default: '50',
  }),
  maxImages: integer('MAX_IMAGES', 1, 16, {
    about: 'The most images of one task; tasks of shops are held to 10 at the most.',
    default: '16',
  }),
  taskDeadlineSeconds: integer('TASK_DEADLINE_SECONDS', 1, 86_400, {
    about: "Seconds from a task's created_at after which nothing is paid any more.",
    default: '480',
  }),
  jobLockSeconds: integer('JOB_LOCK_SECONDS', 1, 600, {
    about:
      'How long a job stays with a process that has gone silent; it goes on elsewhere within 1.5 times that.',
    default: '20',
  }),
  rescueIntervalSeconds: integer('RESCUE_INTERVAL_SECONDS', 1, 3600, {
    about: 'How often lost sessions and half handed-over tasks are looked for.',
    default: '60',
  }),
  rescueMinAgeSeconds: variable(
    'RESCUE_MIN_AGE_SECONDS',
    {
      about: 'The age below which rescue never touches a session. Empty: the task deadline.',
      default: '',
      example: '480',
    },
    (value) => {
      if (value === '') return null;
      if (!/^\d{1,6}$/.test(value)) throw new Error('must be a whole number from 0 to 999999');
      return Number(value);
    },
  ),
  platformCleanUpMinute: variable(
    'PLATFORM_CLEAN_UP_UTC',
    {
      about:
        "Time of day (UTC) at which the platform's clean-up of stuck sessions starts. For a quarter of an hour the worker leaves people's old sessions to it.",
      default: '00:00',
    },
    (value) => {
      const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
      if (minutes === undefined) throw new Error('must be a time of day such as 00:00');
      return Number(hours) * 60 + Number(minutes);
    },
  ),
  imageHostAllowlist: list(
    'IMAGE_HOST_ALLOWLIST',
    {
      about:
        'Allowed image hosts in addition to the trusted origins, comma-separated. Empty: any public host.',
      example: 'cdn.example.com,images.example.com',
    },
    parseHost,
  ),
  imageTrustedOrigins: list(
    'IMAGE_TRUSTED_ORIGINS',
    {
      about:
        'Origins trusted in addition to SUPABASE_URL, even inside the network, comma-separated.',
      example: 'https://cdn.internal:8443',
    },
    parseOrigin,
  ),
  retentionHours: integer('RETENTION_HOURS', 0, 8760, {
    about:
      'Hours after which photos and pictures are deleted, and for which links to pictures work. 0 deletes nothing; links then work for 6 hours.',
    default: '6',
  }),
  retentionIntervalSeconds: integer('RETENTION_INTERVAL_SECONDS', 1, 86_400, {
    about: 'How often expired photos and pictures are deleted.',
    default: '900',
  }),
  sizeEstimator: oneOf('SIZE_ESTIMATOR', ESTIMATOR_NAMES, {
    about: 'How sizes are estimated; classic gives the numbers of the worker this one replaces.',
    default: 'calibrated',
  }),
  sizeChartsFile: optionalText('SIZE_CHARTS_FILE', {
    about: 'A JSON file with size charts of your own.',
    example: './size-charts.json',
  }),
  poseModelPath: text('MEDIAPIPE_MODEL_PATH', {
    about: 'The folder with the converted pose models (npm run models).',
    default: 'models',
  }),
  poseWorkers: integer('POSE_WORKERS', 1, 16, {
    about: 'Threads that look for poses.',
    default: '2',
  }),
  personCheck: oneOf('PERSON_CHECK', ['off', 'observe', 'enforce'], {
    about:
      "Check of the person's photo before anything is paid. observe: counts and logs what it finds; enforce: fails tasks whose photo shows no person to dress.",
    default: 'observe',
  }),
  pictureCheck: oneOf('PICTURE_CHECK', ['off', 'observe', 'enforce'], {
    about:
      'Check of the finished picture against the photo of the person. observe: counts and logs what it finds; enforce: a bad picture is not delivered, one more is paid for, and the task fails when that is bad too.',
    default: 'observe',
  }),
  estimateBodySecret: optionalText('ESTIMATE_BODY_SECRET', {
    about: 'When set, /estimate-body asks for it in the header X-Worker-Secret. Secret.',
    example: 'a long random text',
  }),
  estimateBodyRatePerMinute: integer('ESTIMATE_BODY_RATE_PER_MINUTE', 0, 100_000, {
    about:
      'Requests a minute that one client (an IPv4 address or an IPv6 /64) may send to /estimate-body, wrong secrets included; 0 sets no limit.',
    default: '0',
  }),
  estimateBodyHosts: list(
    'ESTIMATE_BODY_HOSTS',
    {
      about:
        'Allowed hosts of photos for sizes, in addition to the host of SUPABASE_URL, its subdomains and the trusted origins, comma-separated. *: any host that tasks may use.',
      example: 'images.example.com',
    },
    (value) => (value === '*' ? value : parseHost(value)),
  ),
  trustedProxies: list(
    'TRUSTED_PROXIES',
    {
      about:
        'Addresses and networks of the proxies whose X-Forwarded-For names the client, comma-separated. Empty: the peer is the client.',
      example: '172.16.0.0/12',
    },
    parseNetwork,
  ),
  examplePhotoUrl: optionalText('EXAMPLE_PHOTO_URL', {
    about:
      'Link of a photo for the examples in /docs, so that they can be tried there. Empty: a placeholder.',
    example: 'https://cdn.example.com/person.jpg',
  }),
  metricsIntervalSeconds: integer('METRICS_INTERVAL_SECONDS', 1, 300, {
    about:
      'How often the queues are counted and Supabase is asked whether it answers, for /health and the metrics. One scrape interval is enough.',
    default: '15',
  }),
  otlpEndpoint: variable(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    {
      about: 'A collector that takes traces as OTLP over HTTP. Empty: no traces.',
      default: '',
      example: 'http://collector:4318',
    },
    (value) => (value === '' ? null : parseUrl(value, ['https:', 'http:']).href),
  ),
  adminToken: variable(
    'ADMIN_TOKEN',
    {
      about:
        'Opens the console at /console and the queue board at /admin/queues, as a bearer token or as the password of any user. Empty: neither of them. Secret.',
      default: '',
      example: 'at-least-16-random-characters',
    },
    (value) => {
      if (!/^(\S{16,})?$/.test(value))
        throw new Error('must have 16 characters or more, no spaces');
      return value === '' ? null : value;
    },
  ),
  webhookUrl: optionalText('WEBHOOK_URL', {
    about:
      'Where every ended session is announced by a signed webhook (docs/webhooks.md): https. Empty: nowhere.',
    example: 'https://platform.example.com/api/webhooks/try-on',
  }),
  webhookSecret: optionalText('WEBHOOK_SECRET', {
    about: 'Signs the webhooks to WEBHOOK_URL: whsec_ and 24 to 64 random bytes in base64. Secret.',
    example: 'whsec_…',
  }),
  webhooksFile: optionalText('WEBHOOKS_FILE', {
    about:
      "Path of a JSON file with stores' own webhooks: their ids, each with url and secret. Keep it as secret as a key.",
    example: './webhooks.json',
  }),
  webhookTrustedOrigins: list(
    'WEBHOOK_TRUSTED_ORIGINS',
    {
      about:
        'Origins that webhooks may be sent to as they stand, even inside the network or without TLS, comma-separated.',
      example: 'http://platform.internal:3000',
    },
    parseOrigin,
  ),
  consoleAccess: oneOf('CONSOLE_ACCESS', ['token', 'open'], {
    about:
      'Access to the console: token requires ADMIN_TOKEN; open requires nothing and is refused unless SUPABASE_URL is on loopback.',
    default: 'token',
  }),
  consoleOrdersUrl: variable(
    'CONSOLE_ORDERS_URL',
    {
      about:
        'Where the playground orders try-ons as the platform would: the local stack names its own address. Loopback only. Empty: the playground makes pictures without a session.',
      default: '',
      example: 'http://127.0.0.1:24000',
    },
    (value) => {
      if (value === '') return null;
      if (!LOOPBACK.test(parseUrl(value, ['http:']).hostname))
        throw new Error('must be on loopback');
      return value.replace(/\/+$/, '');
    },
  ),
  host: text('HOST', { about: 'The address that HTTP listens on.', default: '0.0.0.0' }),
  port: integer('PORT', 0, 65_535, { about: 'The port that HTTP listens on.', default: '8000' }),
  logLevel: oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    about: 'The least severe lines that are logged.',
    default: 'info',
  }),
  shutdownGraceSeconds: integer('SHUTDOWN_GRACE_SECONDS', 0, 600, {
    about: 'How long running attempts may go on after SIGTERM; the rest is requeued.',
    default: '50',
  }),
} as const satisfies Record<string, Variable>;

type Values = {
  -readonly [K in keyof typeof VARIABLES]: ReturnType<(typeof VARIABLES)[K]['parse']>;
};

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
      `The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/**
 * What a variable is set to: its own text or, as secrets are mounted, that of the file which
 * NAME_FILE names. Throws an Error whose message ends the sentence "NAME …".
 */
function givenText(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const given = env[name]?.trim();
  const path = env[`${name}_FILE`]?.trim();
  if (!path) return given;
  if (given) throw new Error(`must not be set when ${name}_FILE is`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`cannot be read from the file ${path} that ${name}_FILE names: ${code}`);
  }
}

function readVariable(
  { name, default: fallback, example, parse }: Variable,
  env: NodeJS.ProcessEnv,
) {
  const hint = `(example: ${name}=${example})`;
  try {
    const given = givenText(name, env) || fallback;
    if (given === undefined) return { problem: `${name} is required but missing ${hint}` };
    if (fallback === undefined && given === example) {
      return { problem: `${name} is still the text of .env.example` };
    }
    return { value: parse(given) };
  } catch (error) {
    return { problem: `${name} ${(error as Error).message} ${hint}` };
  }
}

/** Names in the environment that are nearly those of variables which are not set: likely misspelt. */
function misspeltNames(env: NodeJS.ProcessEnv): string[] {
  const known = Object.values<Variable>(VARIABLES).flatMap(({ name }) => [name, `${name}_FILE`]);
  const missing = known.filter((name) => !env[name]);
  return Object.keys(env)
    .filter((name) => name.length > 6 && !known.includes(name))
    .flatMap((name) => {
      const meant = missing.find((candidate) => isNearly(name, candidate));
      return meant === undefined ? [] : [`${name} is not known: did you mean ${meant}?`];
    });
}

/** Whether one letter more, less, other or swapped makes one name of the other. */
function isNearly(given: string, known: string): boolean {
  let start = 0;
  while (start < given.length && given[start] === known[start]) start += 1;
  const rest = (text: string, skipped: number) => text.slice(start + skipped);
  const swapped = `${given[start + 1]}${given[start]}${rest(given, 2)}`;
  return (
    rest(given, 1) === rest(known, 0) ||
    rest(given, 0) === rest(known, 1) ||
    rest(given, 1) === rest(known, 1) ||
    swapped === rest(known, 0)
  );
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
  const provider = KEY_OF[key];
  if (provider === undefined) return readVariable(variable, env);
  const isNeeded = named.includes(provider);
  return readVariable({ ...variable, default: isNeeded ? undefined : '' }, env);
}

/** Reads the configuration; throws a ConfigError that lists every problem. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = misspeltNames(env);
  const values: Record<string, unknown> = {};
  const named = readNamed(env);
  for (const [key, variable] of Object.entries<Variable>(VARIABLES)) {
    const { value, problem } = readKeyed([key, variable], named, env);
    if (problem !== undefined) problems.push(problem);
    values[key] = value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const read = values as Values;
  if (read.consoleAccess === 'open' && !LOOPBACK.test(new URL(read.supabaseUrl).hostname)) {
    throw new ConfigError([
      'CONSOLE_ACCESS open is for a SUPABASE_URL on loopback: set ADMIN_TOKEN',
    ]);
  }
  const channels = channelSettings(values);
  return {
    ...read,
    channels,
    providersInUse: namedProviders(channels),
    rescueMinAgeSeconds: read.rescueMinAgeSeconds ?? read.taskDeadlineSeconds,
    linkSeconds: (read.retentionHours || PLATFORM_LINK_HOURS) * 3600,
  };
}
