/**
 * The JSON in the pages is what the worker takes and gives.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { usageOf } from '../../local/openai/usage.ts';
import { DEFAULT_PROMPT } from '../../local/platform/task-message.ts';
import { DEFAULT_IMAGE_MODEL } from '../../src/adapters/openai/catalogue.ts';
import { costUsd } from '../../src/adapters/openai/cost.ts';
import {
  GENERATION_QUEUE,
  PREFIX,
  REFUND_QUEUE,
  WEBHOOK_QUEUE,
} from '../../src/adapters/redis/jobs/bullmq.ts';
import { OPERATIONS } from '../../src/http/examples/operations.ts';
import { parseSizeCharts } from '../../src/sizing/size-chart-file.ts';
import { isRejection, parseTask } from '../../src/tryon/task.ts';
import { ROOT, readPage } from '../support/markdown.ts';

function jsonOf(path: string): { text: string; value: unknown }[] {
  return readPage(path)
    .codeBlocks.filter(({ lang }) => lang === 'json')
    .map(({ text }) => ({ text, value: JSON.parse(text) }));
}

it('request and answer of api-contracts.md are those of the API document', () => {
  const [question, answer] = jsonOf('docs/api-contracts.md');
  const { requests, responses } = OPERATIONS['POST /estimate-body'] ?? {};
  assert.deepEqual(question?.value, requests?.photo_and_height?.value);
  assert.deepEqual(answer?.value, responses?.[200]?.examples.photo_and_height?.value);
});

it('the charts file of api-contracts.md can be read', () => {
  const [, , charts, ...others] = jsonOf('docs/api-contracts.md');
  assert.deepEqual(
    parseSizeCharts(charts?.text ?? '').map(({ name }) => name),
    ['acme_women'],
  );
  assert.deepEqual(others, []);
});

it('the worker accepts the task of data-models.md with all its keys', () => {
  const [example, ...others] = jsonOf('docs/data-models.md');
  assert.ok(example);
  const task = parseTask(Buffer.from(example.text), 16, new Date());
  assert.ok(!isRejection(task), 'reason' in task ? task.reason : '');
  const { codeSpans } = readPage('docs/data-models.md');
  for (const key of Object.keys(example.value as object)) assert.ok(codeSpans.includes(key), key);
  assert.deepEqual(others, []);
});

it('data-models.md names every key that the worker has in Redis', () => {
  const { codeSpans } = readPage('docs/data-models.md');
  // `*` and `<day>` stand for what follows.
  const prefixes = codeSpans
    .filter((span) => /[*>]$/.test(span))
    .map((span) => span.split(/[*<]/)[0]);
  const isNamed = (key: string) =>
    codeSpans.includes(key) || prefixes.some((prefix = '') => key.startsWith(prefix));
  const files = globSync('src/adapters/redis/**/*.ts', { cwd: ROOT });
  const literals = files.flatMap((file) => [
    ...readFileSync(join(ROOT, file), 'utf8').matchAll(/['`](wearon:[\w:-]+)/g),
  ]);
  const keys = literals.map(([, key = '']) => key).filter((key) => key !== PREFIX);
  const queues = [GENERATION_QUEUE, REFUND_QUEUE, WEBHOOK_QUEUE].map(
    (name) => `${PREFIX}:${name}:`,
  );
  assert.ok(keys.length > 15);
  assert.deepEqual(
    [...keys, ...queues].filter((key) => !isNamed(key) && !isNamed(`${key}:`)),
    [],
  );
});

it('the costs of scaling.md are those that the code calculates', () => {
  const page = readFileSync(join(ROOT, 'docs/scaling.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \| (\d+) \|$/gm)];
  assert.equal(rows.length, 5);
  const photos = [0, 1].map(() => ({ width: 768, height: 1024 }));
  for (const [, quality = '', ...numbers] of rows) {
    const form = { prompt: DEFAULT_PROMPT, quality, width: 1024, height: 1536 };
    const usage = usageOf(form, photos);
    const cost = Math.round((costUsd(DEFAULT_IMAGE_MODEL, usage) ?? 0) * 1000);
    const documented = numbers.map((number) => Number(number.replaceAll(',', '')));
    assert.deepEqual(documented, [usage.input_tokens, usage.output_tokens, cost], quality);
  }
});
