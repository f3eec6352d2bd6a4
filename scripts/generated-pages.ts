/**
 * The pages that say what the code says: metrics, configuration, errors. Made from the tables in
 * the code, so that they cannot drift from it.
 */
import { VARIABLES, type Variable } from '../src/config.ts';
import { CATALOGUE, type CatalogueEntry, type ErrorCode } from '../src/error-catalogue.ts';
import { PAYMENT_TEXTS } from '../src/failure-text.ts';
import { REFUSALS } from '../src/http/refusal.ts';
import { PHOTO_ADVICE } from '../src/sizing/photo-check.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { table } from './markdown-table.ts';

const MADE_BY = '<!-- Made by scripts/generate-docs.ts; change the code and run it again. -->';

/** Every generated file: path from the repository's root → text. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/metrics.md', metricsPage()],
    ['docs/configuration.md', configurationPage()],
    ['docs/errors.md', errorsPage()],
    ['.env.example', envExample()],
  ]);
}

/** One metric of the worker, as Prometheus sees it. */
export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric that a running worker has, in the order of their making. */
export function metricFacts(): MetricFacts[] {
  const metrics = createMetrics();
  metrics.watch({
    shared: () => null,
    isReady: () => false,
    attemptsRunning: () => 0,
    attemptsLimit: 0,
    callsRunning: () => 0,
    callsLimit: 0,
    supabaseUp: () => null,
    imageModels: [],
  });
  const found = metrics.registry.getMetricsAsArray() as unknown as (MetricFacts & {
    readonly labelNames: readonly string[];
  })[];
  return found.map(({ name, type, help, labelNames }) => ({
    name,
    type,
    help,
    labels: labelNames,
  }));
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function isOfProcess({ name }: MetricFacts): boolean {
  return /^wearon_(process|nodejs)_/.test(name);
}

function metricsTable(facts: readonly MetricFacts[]): string {
  const rows = facts.map(({ name, type, labels, help }) => [
    code(name),
    type,
    labels.map(code).join(', '),
    help,
  ]);
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}

function metricsPage(): string {
  const facts = metricFacts();
  return `${MADE_BY}

# Metrics

\`GET /metrics\`, in the text format of Prometheus. Labels come from closed sets: no ids, no links,
no text that a customer sent. Histograms come as \`_bucket\`, \`_sum\` and \`_count\`.

What is counted is counted by each process since its start: add up over replicas
(\`sum(rate(…))\`). What is read from Redis (tasks by place, ages, refunds, dead letters, breaker,
pace) is the same on every replica: take the \`max\`, never the sum. It is read every
\`METRICS_INTERVAL_SECONDS\`, and \`wearon_shared_reading_age_seconds\` says how old it is.

The dashboards in \`deploy/grafana\` and the alerts in \`deploy/prometheus\` use these names; what to
do about an alert is in the [runbook](runbook.md).

## The worker

${metricsTable(facts.filter((fact) => !isOfProcess(fact)))}

## The process

${metricsTable(facts.filter(isOfProcess))}
`;
}

function describeDefault({ default: fallback }: Variable): string {
  if (fallback === undefined) return '**required**';
  return fallback === '' ? 'empty' : code(fallback);
}

function configurationPage(): string {
  const rows = Object.values<Variable>(VARIABLES).map((variable) => [
    code(variable.name),
    describeDefault(variable),
    variable.about,
    variable.example === variable.default ? '' : code(variable.example),
  ]);
  return `${MADE_BY}

# Configuration

Environment variables, read once at the start; a \`.env\` file in the working directory is read too.
A blank variable counts as unset. Wrong values, missing variables, names that are nearly those of a variable and
values left as in \`.env.example\` are named at once, and the worker does not start.

Any of them may come from a file instead, as secrets are mounted: \`OPENAI_API_KEY_FILE=/run/secrets/openai_api_key\`
stands for \`OPENAI_API_KEY\` with that file's text. Setting both is refused.

${table(['variable', 'default', 'meaning', 'example'], rows)}
`;
}

function envExample(): string {
  const entries = Object.values<Variable>(VARIABLES).map(
    ({ name, about, default: fallback, example }) => {
      const setting = fallback === undefined ? `${name}=${example}` : `# ${name}=${fallback}`;
      const hint = fallback === '' ? `# Example: ${example}\n` : '';
      return `# ${about}\n${hint}${setting}\n`;
    },
  );
  return `# Made by scripts/generate-docs.ts. Copy it to .env; what has a default is commented out.\n\n${entries.join('\n')}`;
}

const WHAT_HAPPENS = {
  final: 'fails, and the credit goes back',
  transient: 'is tried again inside the deadline',
  operational: 'paid calls stop; the task waits until its deadline',
} as const;

function errorsPage(): string {
  const codes = Object.keys(CATALOGUE) as ErrorCode[];
  const rows = codes.map((name) => {
    const { kind, meaning, tries, isByCustomer }: CatalogueEntry = CATALOGUE[name];
    const limit = tries === undefined ? '' : `, at most ${tries} times in all`;
    const counting = isByCustomer ? '; does not lower the success rate' : '';
    return [code(name), meaning, WHAT_HAPPENS[kind] + limit + counting];
  });
  const texts = codes.flatMap((name) =>
    Object.entries(CATALOGUE[name].publicTexts).map(([detail, text]) => [
      code(name),
      detail === 'default' ? '' : code(detail),
      text,
    ]),
  );
  return `${MADE_BY}

# Errors

Of [a try-on](#of-a-try-on), of [POST /estimate-body](#of-post-estimate-body), and of [HTTP itself](#of-http-itself).

## Of a try-on

Every way a try-on can go wrong. The code is in logs and metrics; the shopper reads one of the
texts below in \`error_message\`, and never anything else: no exception, host, link or vendor.
\`{image}\` is "The photo of the person", "The picture of the garment", or "The picture of garment 2"
and so on; "One of the images" where it is not known which.

${table(['code', 'meaning', 'what happens to the task'], rows)}

### What the shopper reads

${table(['code', 'detail', 'text'], texts)}

A sentence on the payment follows: \`${PAYMENT_TEXTS.pending}\` when the row is failed,
\`${PAYMENT_TEXTS.returned}\` once the refund is booked (for a person not before 20 seconds after the
order), \`${PAYMENT_TEXTS.by_hand}\` where it waits for a person, as an overage charge does, and
\`${PAYMENT_TEXTS.none}\` for a row that was set back after its delivery.

## Of POST /estimate-body

The body is \`{"detail", "code", "reasons", "advice"?}\`. \`detail\` is the text that clients of the
former worker know, \`code\` is for programs. With a status of 429 or 503 comes \`Retry-After\`.

${table(['status', 'code', 'detail', 'meaning'], refusalRows())}

### What the person in the photo reads

The \`reasons\` of \`PHOTO_NOT_USABLE\`, most important first, and for each one the sentence in \`advice\`.

${table(['reason', 'advice'], adviceRows())}

## Of HTTP itself

What no route answers itself (a path that is not there, a method that is not allowed, a body that is too
large or of another type than JSON) is a problem in the sense of RFC 9457, as \`application/problem+json\`:
\`{"type": "about:blank", "title", "status", "detail"}\`, where \`title\` and \`detail\` are the status' name.
`;
}

function refusalRows(): string[][] {
  const invalidRequest = [
    '422',
    code('INVALID_REQUEST'),
    'a list of `{"type", "loc", "msg", "input"}`',
    'The request is not as described; every field at fault is named, in the form of FastAPI.',
  ];
  const rows = Object.entries(REFUSALS).map(([kind, { status, detail, meaning }]) => [
    String(status),
    code(kind),
    detail,
    meaning,
  ]);
  return [...rows, invalidRequest].sort(([a = ''], [b = '']) => a.localeCompare(b));
}

function adviceRows(): string[][] {
  return Object.entries(PHOTO_ADVICE).map(([reason, advice]) => [code(reason), advice]);
}
