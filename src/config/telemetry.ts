/** Variables of metrics, traces and logs. */
import { integer, oneOf, optional, parseUrl, type Variable } from './variable.ts';

export const TELEMETRY_VARIABLES = {
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
} as const satisfies Record<string, Variable>;
