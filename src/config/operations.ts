/** Variables of HTTP, the console, webhooks, telemetry and shutdown. */
import {
  integer,
  LOOPBACK,
  list,
  matching,
  oneOf,
  optional,
  optionalText,
  parseNetwork,
  parseOrigin,
  parseUrl,
  text,
  type Variable,
} from './variable.ts';

export const OPERATION_VARIABLES = {
  host: text('HOST', { about: 'The address that HTTP listens on.', default: '0.0.0.0' }),
  port: integer('PORT', 0, 65_535, { about: 'The port that HTTP listens on.', default: '8000' }),
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
  adminToken: optional(
    'ADMIN_TOKEN',
    {
      about:
        'Opens the console at /console and the queue board at /admin/queues, as a bearer token or as the password of any user. Empty: neither of them. Secret.',
      example: 'at-least-16-random-characters',
    },
    matching(/^\S{16,}$/, 'must have 16 characters or more, no spaces'),
  ),
  consoleAccess: oneOf('CONSOLE_ACCESS', ['token', 'open'], {
    about:
      'Access to the console: token requires ADMIN_TOKEN; open requires nothing and is refused unless SUPABASE_URL is on loopback.',
    default: 'token',
  }),
  consoleOrdersUrl: optional(
    'CONSOLE_ORDERS_URL',
    {
      about:
        'Where the playground orders try-ons as the platform would: the local stack names its own address. Loopback only. Empty: the playground makes pictures without a session.',
      example: 'http://127.0.0.1:24000',
    },
    (value) => {
      if (!LOOPBACK.test(parseUrl(value, ['http:']).hostname))
        throw new Error('must be on loopback');
      return value.replace(/\/+$/, '');
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
  metricsIntervalSeconds: integer('METRICS_INTERVAL_SECONDS', 1, 300, {
    about:
      'How often the queues are counted and Supabase is asked whether it answers, for /health and the metrics. One scrape interval is enough.',
    default: '15',
  }),
  otlpEndpoint: optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    {
      about: 'A collector that takes traces as OTLP over HTTP. Empty: no traces.',
      example: 'http://collector:4318',
    },
    (value) => parseUrl(value, ['https:', 'http:']).href,
  ),
  logLevel: oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    about: 'Lowest severity that is logged.',
    default: 'info',
  }),
  shutdownGraceSeconds: integer('SHUTDOWN_GRACE_SECONDS', 0, 600, {
    about: 'Grace period of running attempts after SIGTERM; the rest is requeued.',
    default: '50',
  }),
} as const satisfies Record<string, Variable>;
