/**
 * The JSON in the pages is what the worker takes and gives.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { OPERATIONS } from '../../src/http/api-examples.ts';
import { isRejection, parseTask } from '../../src/tryon/task.ts';
import { readPage } from '../support/markdown.ts';

function jsonOf(path: string): { text: string; value: unknown }[] {
  return readPage(path)
    .codeBlocks.filter(({ lang }) => lang === 'json')
    .map(({ text }) => ({ text, value: JSON.parse(text) }));
}

it('the question and the answer of api-contracts.md are those of the API document', () => {
  const [question, answer, ...others] = jsonOf('docs/api-contracts.md');
  const { requests, responses } = OPERATIONS['POST /estimate-body'] ?? {};
  assert.deepEqual(question?.value, requests?.photo_and_height?.value);
  assert.deepEqual(answer?.value, responses?.[200]?.examples.photo_and_height?.value);
  assert.deepEqual(others, []);
});

it('the task of data-models.md is one that the worker takes, with every key of the table', () => {
  const [example, ...others] = jsonOf('docs/data-models.md');
  assert.ok(example);
  const task = parseTask(Buffer.from(example.text), 16, new Date());
  assert.ok(!isRejection(task), 'reason' in task ? task.reason : '');
  const { codeSpans } = readPage('docs/data-models.md');
  for (const key of Object.keys(example.value as object)) assert.ok(codeSpans.includes(key), key);
  assert.deepEqual(others, []);
});
