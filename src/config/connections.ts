/** Variables: Redis and Supabase. */
import {
  baseOfApis,
  parseRedisUrl,
  parseSecureUrl,
  text,
  type Variable,
  variable,
} from './variable.ts';

export const CONNECTION_VARIABLES = {
  redisUrl: variable(
    'REDIS_URL',
    {
      about:
        'Redis with the task list and the jobs; rediss:// for TLS with a verified certificate.',
      default: 'redis://localhost:6379/0',
      example: 'rediss://default:password@host:6379',
    },
    parseRedisUrl,
  ),
  supabaseUrl: variable(
    'SUPABASE_URL',
    {
      about: 'The Supabase project; one of your own may be below a path, behind a proxy.',
      example: 'https://abcdefgh.supabase.co',
    },
    (value) => baseOfApis(parseSecureUrl(value)),
  ),
  supabaseServiceRoleKey: text('SUPABASE_SERVICE_ROLE_KEY', {
    about: 'The service-role key of the project. Secret.',
    example: 'eyJhbGciOi…',
  }),
  supabaseBucket: text('SUPABASE_BUCKET', {
    about: 'The private bucket of photos and pictures.',
    default: 'virtual-tryon-images',
  }),
} as const satisfies Record<string, Variable>;
