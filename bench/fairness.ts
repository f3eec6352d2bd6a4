/**
 * `npm run bench:fairness`: how long a person's single task waits behind a store's many, on the local
 * stack. Its baseline is the time that a task holds its slot, in the same run.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  createPerson,
  createStore,
  TASK_LIST,
  type TryOn,
  uploadPhoto,
} from '../local/platform.ts';
import { until } from '../local/until.ts';
import { openShop, orderTryOn, photo, push, type Shop } from '../test/support/shop.ts';
import { type LogLine, startWorkerProcess } from '../test/support/worker-process.ts';
import { quantile } from './timing.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '10000' },
    slots: { type: 'string', default: '50' },
  },
});
const TASKS = Number(values.tasks);
const CALL_MS = 5000;
const HEAD_START = 200;

/** Sessions of the store in one statement: paying for each would take longer than the bench. */
async function pushMany(shop: Shop): Promise<void> {
  const customer = await createStore(shop.platform, { credits: 2 });
  const imageUrls = [
    await uploadPhoto(shop.platform, customer, { bytes: await photo('#aa9988') }),
    await uploadPhoto(shop.platform, customer, { bytes: await photo('#3355aa') }),
  ];
  const template = await orderTryOn(shop.platform, customer, { imageUrls });
  const ids = Array.from({ length: TASKS }, () => randomUUID());
  await shop.stack.database.query(
    `insert into store_generation_sessions (id, store_id, status, model_image_url, prompt_system, request_id)
     select id, $2, 'queued', $3, 'bench', 'bench-' || id from unnest($1::uuid[]) as id`,
    [ids, template.ownerId, imageUrls[0]],
  );
  const task = JSON.parse(template.message);
  const messages = ids.map((id) =>
    JSON.stringify({ ...task, session_id: id, task_id: id, request_id: `bench-${id}` }),
  );
  for (let start = 0; start < messages.length; start += 1000) {
    await shop.platform.redis.lpush(TASK_LIST, ...messages.slice(start, start + 1000));
  }
}

function timeOf({ time }: LogLine): number {
  return Date.parse(String(time));
}

/** From the push until the task's call to the image model goes out. */
async function waitOf(shop: Shop, lineOf: (tryOn: TryOn) => Promise<LogLine>, tryOn: TryOn) {
  const pushedAtMs = Date.now();
  await push(shop.platform, tryOn);
  return timeOf(await lineOf(tryOn)) - pushedAtMs;
}

async function run(): Promise<void> {
  await using shop = await openShop();
  shop.stack.openai.latencyMs = CALL_MS;
  await using worker = await startWorkerProcess({
    ...shop.stack.env,
    LOG_LEVEL: 'info',
    WORKER_CONCURRENCY: values.slots,
    OPENAI_RATE_LIMIT_PER_MINUTE: '1000000',
    TASK_DEADLINE_SECONDS: '3600',
  });
  const line = (message: string) => (tryOn: TryOn) =>
    worker.logged(message, ({ session_id }) => session_id === tryOn.sessionId);
  const first = await orderTryOn(shop.platform, await createPerson(shop.platform));
  const single = await orderTryOn(shop.platform, await createPerson(shop.platform));
  const aloneMs = await waitOf(shop, line('provider_call_started'), first);
  await line('generation_completed')(first);

  await pushMany(shop);
  const started = () => worker.lines.filter(({ message }) => message === 'provider_call_started');
  await until('the slots to be taken', () => started().length > HEAD_START, 600_000);
  const waitMs = await waitOf(shop, line('provider_call_started'), single);
  const heldMs = medianHeldMs(worker.lines);
  const perSecond = Number(values.slots) / (heldMs / 1000);
  const behindAllMs = ((TASKS - HEAD_START) / perSecond) * 1000;
  const rows: [string, string][] = [
    ['baseline: a task holds its slot for', `${(heldMs / 1000).toFixed(1)} s`],
    ['a single task alone', `${(aloneMs / 1000).toFixed(1)} s`],
    [
      `… behind ${TASKS} of a store`,
      `${(waitMs / 1000).toFixed(1)} s = x ${(waitMs / heldMs).toFixed(2)} of that`,
    ],
    [
      '… were it served in the order of arrival',
      `x ${(behindAllMs / heldMs).toFixed(0)} of that (calculated)`,
    ],
  ];
  for (const [what, value] of rows) console.log(`  ${what.padEnd(44)} ${value}`);
}

/** How long attempts that are done held their slots. */
function medianHeldMs(lines: readonly LogLine[]): number {
  const began = new Map<string, number>();
  const heldMs: number[] = [];
  for (const line of lines) {
    if (line.session_id === undefined) continue;
    if (line.message === 'generation_processing') began.set(line.session_id, timeOf(line));
    if (line.message !== 'generation_completed') continue;
    heldMs.push(timeOf(line) - (began.get(line.session_id) ?? Number.NaN));
  }
  return quantile(heldMs, 0.5);
}

await run();
