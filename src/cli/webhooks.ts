/**
 * `webhooks list|show|redeliver`: the webhooks about ended sessions.
 */
import { type Command, Option } from 'commander';
import {
  DELIVERY_STATES,
  type DeliveryState,
  type DeliveryView,
  deliveries,
} from '../adapters/redis/jobs/webhook-views.ts';
import { listWebhooks, redeliverSession, redeliverUndelivered } from '../operations/webhooks.ts';
import { messageId } from '../webhooks/message.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { limitOf } from './limit.ts';
import { ago, counted, pairs, table } from './table.ts';
import { uuidOf } from './uuid.ts';

interface ListOptions {
  readonly state?: DeliveryState;
  readonly store?: string;
  readonly limit: string;
}

interface RedeliverOptions {
  readonly all?: boolean;
  readonly store?: string;
}

export function addWebhooks(program: Command, run: Run): void {
  const webhooks = program.command('webhooks').description('Webhooks about ended sessions');
  webhooks
    .command('list')
    .description('Webhooks on their way and undelivered ones, newest first')
    .addOption(new Option('--state <state>', 'those in this state').choices(DELIVERY_STATES))
    .option('--store <id>', 'those to the endpoint of this store')
    .option('--limit <count>', 'the most lines', '50')
    .action(run(list));
  webhooks
    .command('show <session>')
    .description('The webhooks of one session, with what is sent')
    .action(run((context, id: string) => show(context, uuidOf(id))));
  webhooks
    .command('redeliver [session]')
    .description('Send the webhooks of a session again, or all undelivered ones')
    .option('--all', 'all undelivered ones')
    .option('--store <id>', 'those undelivered to the endpoint of this store')
    .action(
      run((context, id: string | undefined, options: RedeliverOptions) =>
        id === undefined
          ? redeliverAll(context, options)
          : redeliverOne(context, uuidOf(id), options),
      ),
    );
}

async function list(context: CliContext, { state, store, limit }: ListOptions): Promise<Answer> {
  const most = limitOf(limit, 999_999);
  const states = state === undefined ? (['pending', 'undelivered'] as const) : [state];
  const filter = { states, endpoint: endpointOf(store) };
  const found = await listWebhooks(await context.operations(), filter);
  const shown = found.slice(0, most);
  const undelivered = found.filter((view) => view.state === 'undelivered').length;
  const more = found.length > shown.length ? `\n… and ${found.length - shown.length} more` : '';
  const data = { total: found.length, undelivered, webhooks: shown };
  const text =
    found.length === 0 ? `No webhook is ${states.join(' or ')}.` : describeAll(shown) + more;
  return { data, text, isFine: undelivered === 0 };
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
  const count = await redeliverSession(await context.operations(), sessionId);
  if (typeof count !== 'number') throw new ProblemError(count.problem);
  return answerMoved(count);
}

async function redeliverAll(
  context: CliContext,
  { all, store }: RedeliverOptions,
): Promise<Answer> {
  if (!all === (store === undefined)) throw new UsageError('Give a session, --all or --store.');
  return answerMoved(await redeliverUndelivered(await context.operations(), endpointOf(store)));
}

function answerMoved(count: number): Answer {
  const text =
    count === 0
      ? 'No webhook had to be rescheduled; all are under way or there are none.'
      : `${counted(count, 'webhook')} to be sent now, by a worker that is up.`;
  return { data: { redelivered: count }, text, isFine: true };
}

function endpointOf(store: string | undefined): string | undefined {
  return store === undefined ? undefined : uuidOf(store);
}

function describeAll(views: readonly Omit<DeliveryView, 'body'>[]): string {
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
  return table(headings, rows, '');
}

function describeOne(view: DeliveryView): string {
  const { endpoint, state, since, tries, nextTryAt, sessionId, body } = view;
  const facts = { endpoint, state, since, tries, 'last answer': lastOf(view) };
  const id = { 'webhook-id': messageId(sessionId), 'next try': nextTryAt };
  return `${pairs({ ...facts, ...id })}\n${body ?? 'Nothing has been sent yet.'}`;
}

function lastOf({ last }: Pick<DeliveryView, 'last'>): string | null {
  if (last === null) return null;
  return [last.problem ?? 'delivered', last.status].filter((part) => part !== null).join(' ');
}
