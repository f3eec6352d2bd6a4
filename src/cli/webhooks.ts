/**
 * `webhooks list|show|redeliver`: the webhooks that tell of ended sessions.
 */
import { type Command, Option } from 'commander';
import { BullDeliveries } from '../adapters/redis/webhook-queue.ts';
import {
  DELIVERY_STATES,
  type DeliveryState,
  type DeliveryView,
  deliveries,
  redeliver,
} from '../adapters/redis/webhook-views.ts';
import { findRecord } from '../adapters/supabase/session-records.ts';
import { readEndpoints } from '../webhooks/endpoints.ts';
import { messageId } from '../webhooks/message.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { ago, pairs, table } from './table.ts';
import { uuidOf } from './uuid.ts';

interface ListOptions {
  readonly json?: boolean;
  readonly state?: DeliveryState;
  readonly store?: string;
  readonly limit: string;
}

interface RedeliverOptions {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly store?: string;
}

export function addWebhooks(program: Command, run: Run): void {
  const webhooks = program.command('webhooks').description('Webhooks that tell of ended sessions');
  webhooks
    .command('list')
    .description('Webhooks on their way and undelivered ones, newest first')
    .addOption(new Option('--state <state>', 'those in this state').choices(DELIVERY_STATES))
    .option('--store <id>', 'those to the endpoint of this store')
    .option('--limit <n>', 'the most lines', '50')
    .option('--json', 'answer in JSON')
    .action((options: ListOptions) => run(options, (context) => list(context, options)));
  webhooks
    .command('show <session>')
    .description('The webhooks of one session, with what is sent')
    .option('--json', 'answer in JSON')
    .action((id: string, options) => run(options, (context) => show(context, uuidOf(id))));
  webhooks
    .command('redeliver [session]')
    .description('Send the webhooks of a session again, or all undelivered ones')
    .option('--all', 'all undelivered ones')
    .option('--store <id>', 'those undelivered to the endpoint of this store')
    .option('--json', 'answer in JSON')
    .action((id: string | undefined, options: RedeliverOptions) =>
      run(options, (context) =>
        id === undefined
          ? redeliverAll(context, options)
          : redeliverOne(context, uuidOf(id), options),
      ),
    );
}

async function list(context: CliContext, { state, store, limit }: ListOptions): Promise<Answer> {
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new UsageError('--limit must be a whole number from 1.');
  const states = state === undefined ? (['pending', 'undelivered'] as const) : [state];
  const found = await deliveries(await context.redis(), { states, endpoint: endpointOf(store) });
  const shown = found.slice(0, Number(limit));
  const undelivered = found.filter((view) => view.state === 'undelivered').length;
  const more = found.length > shown.length ? `\n… and ${found.length - shown.length} more` : '';
  const data = { total: found.length, undelivered, webhooks: shown.map(withoutBody) };
  return { data, text: describeAll(shown) + more, isFine: undelivered === 0 };
}

async function show(context: CliContext, sessionId: string): Promise<Answer> {
  const data = await deliveries(await context.redis(), { states: DELIVERY_STATES, sessionId });
  if (data.length === 0) throw new ProblemError(`No webhook is known for session ${sessionId}.`);
  return { data, text: data.map(describeOne).join('\n\n'), isFine: true };
}

async function redeliverOne(
  context: CliContext,
  sessionId: string,
  { all, store }: RedeliverOptions,
): Promise<Answer> {
  if (all || store !== undefined) throw new UsageError('Give either a session, --all or --store.');
  const redis = await context.redis();
  const moved = await redeliver(redis, { states: DELIVERY_STATES, sessionId });
  const known = await deliveries(redis, { states: DELIVERY_STATES, sessionId });
  const count = known.length > 0 ? moved : await announceAnew(context, sessionId);
  return answerMoved(count);
}

async function redeliverAll(
  context: CliContext,
  { all, store }: RedeliverOptions,
): Promise<Answer> {
  if (!all === (store === undefined)) throw new UsageError('Give a session, --all or --store.');
  const filter = { states: ['undelivered'] as const, endpoint: endpointOf(store) };
  return answerMoved(await redeliver(await context.redis(), filter));
}

function answerMoved(count: number): Answer {
  const text =
    count === 0
      ? 'Nothing had to be moved.'
      : `${count} webhooks are sent now, by a worker that is up.`;
  return { data: { redelivered: count }, text, isFine: true };
}

/** Queues the webhooks of an ended session whose deliveries are not kept any more. */
async function announceAnew(context: CliContext, sessionId: string): Promise<number> {
  const row = await findRecord(context.supabase, sessionId);
  if (row === null) throw new ProblemError(`There is no session ${sessionId}.`);
  if (row.status !== 'completed' && row.status !== 'failed') {
    throw new ProblemError(`Session ${sessionId} is ${row.status}: it has not ended.`);
  }
  const ref = { channel: row.channel, ownerId: row.store_id ?? row.user_id ?? '', sessionId };
  const wanting = readEndpoints(context.config).of(ref);
  await using queue = new BullDeliveries(await context.redis());
  for (const { key } of wanting) await queue.add(ref, key, null);
  return wanting.length;
}

function endpointOf(store: string | undefined): string | undefined {
  return store === undefined ? undefined : uuidOf(store);
}

function withoutBody({ body: _, ...facts }: DeliveryView) {
  return facts;
}

function describeAll(views: readonly DeliveryView[]): string {
  const rows = views.map((view) => [
    view.sessionId,
    view.endpoint,
    view.state,
    ago(view.since),
    view.tries,
    lastOf(view),
    view.nextTryAt,
  ]);
  const headings = ['session', 'endpoint', 'state', 'since', 'tries', 'last answer', 'next try'];
  return table(headings, rows, 'There are no such webhooks.');
}

function describeOne(view: DeliveryView): string {
  const { endpoint, state, since, tries, nextTryAt, sessionId, body } = view;
  const facts = { endpoint, state, since, tries, 'last answer': lastOf(view) };
  const id = { 'webhook-id': messageId(sessionId), 'next try': nextTryAt };
  return `${pairs({ ...facts, ...id })}\n${body ?? 'Nothing has been sent yet.'}`;
}

function lastOf({ last }: DeliveryView): string | null {
  if (last === null) return null;
  return [last.problem ?? 'delivered', last.status].filter((part) => part !== null).join(' ');
}
