/** Variables of the pipeline: limits, recovery, images, retention, checks, shutdown. */
import {
  integer,
  list,
  oneOf,
  optional,
  parseHost,
  parseOrigin,
  type Variable,
  variable,
  wholeNumber,
} from './variable.ts';

export const TASK_VARIABLES = {
  providerTimeoutSeconds: integer('PROVIDER_TIMEOUT_SECONDS', 1, 600, {
    about: 'Time limit of one paid call.',
    default: '180',
  }),
  breakerCooldownSeconds: integer('BREAKER_COOLDOWN_SECONDS', 1, 3600, {
    about:
      'How long the circuit breaker stays open before it lets one paid call through as a probe.',
    default: '30',
  }),
  workerConcurrency: integer('WORKER_CONCURRENCY', 1, 1000, {
    about:
      'Paid calls at once in this process. Half as many further tasks, at most 8, are prepared or stored meanwhile.',
    default: '50',
  }),
  maxImages: integer('MAX_IMAGES', 1, 16, {
    about: 'Maximum number of images in one task; for tasks of shops at most 10.',
    default: '16',
  }),
  taskDeadlineSeconds: integer('TASK_DEADLINE_SECONDS', 1, 86_400, {
    about: "Seconds from a task's created_at after which nothing is paid any more.",
    default: '480',
  }),
  jobLockSeconds: integer('JOB_LOCK_SECONDS', 1, 600, {
    about: 'Job lock duration. If a worker dies, another takes the job over within 1.5 times this.',
    default: '20',
  }),
  rescueIntervalSeconds: integer('RESCUE_INTERVAL_SECONDS', 1, 3600, {
    about: 'Interval of the recovery sweep: lost sessions, and tasks left on the intake list.',
    default: '60',
  }),
  rescueMinAgeSeconds: optional(
    'RESCUE_MIN_AGE_SECONDS',
    {
      about: 'Minimum age of a session before the rescue touches it. Empty: the task deadline.',
      example: '480',
    },
    wholeNumber(0, 999_999),
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
    about: 'Interval at which expired photos and pictures are deleted.',
    default: '900',
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
  checkTimeoutSeconds: integer('CHECK_TIMEOUT_SECONDS', 1, 60, {
    about:
      'Time limit of a check of a photo or picture. One that takes longer is skipped and counted: the try-on neither waits for it nor fails because of it.',
    default: '5',
  }),
  shutdownGraceSeconds: integer('SHUTDOWN_GRACE_SECONDS', 0, 600, {
    about: 'Grace period of running attempts after SIGTERM; the rest is requeued.',
    default: '50',
  }),
} as const satisfies Record<string, Variable>;
