/** Variables of HTTP and the console. */
import {
  integer,
  LOOPBACK,
  list,
  matching,
  oneOf,
  optional,
  optionalText,
  parseNetwork,
  parseUrl,
  text,
  type Variable,
} from './variable.ts';

export const HTTP_VARIABLES = {
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
} as const satisfies Record<string, Variable>;
