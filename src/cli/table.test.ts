/** What is printed cannot steer the operator's terminal. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { counted, pairs, printable, table } from './table.ts';

it('control characters are escaped, except line feeds and tabs', () => {
  assert.equal(printable('a\u001b[2J\u009b1m\rb\n\tc'), 'a\\u001b[2J\\u009b1m\\u000db\n\tc');
  assert.equal(printable('pay \u202eereh'), 'pay \\u202eereh');
});

it('JSON stays the same JSON', () => {
  const data = { text: 'a\u001b]0;title\u0007\u009b\u007f' };
  const printed = printable(JSON.stringify(data));
  assert.deepEqual(JSON.parse(printed), data);
  assert.match(printed, /^[\x20-\x7e]*$/);
});

it('a cell with line feeds stays in its line', () => {
  assert.equal(table(['a'], [['x\ny']], '').split('\n').length, 2);
  assert.equal(pairs({ reason: 'x\n\u001b[A' }), 'reason  x \\u001b[A');
});

it('one thing is counted without the s', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'task')),
    ['0 tasks', '1 task', '2 tasks'],
  );
});
