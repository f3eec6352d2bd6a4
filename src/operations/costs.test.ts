import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type CostGroup, costPerPicture, costsAsCsv, successShare } from './costs.ts';

const group = (key: string, more: Partial<CostGroup> = {}): CostGroup => ({
  key,
  tryOns: 5,
  completed: 3,
  failed: 1,
  moderationBlocks: 1,
  costUsd: 0.1,
  unpriced: 1,
  ...more,
});

it('shares count what ended, and costs what is priced', () => {
  assert.equal(successShare(group('x')), 0.75);
  assert.equal(costPerPicture(group('x')), 0.05);
  const none = group('x', { completed: 0, failed: 0, unpriced: 0, costUsd: 0 });
  assert.deepEqual([successShare(none), costPerPicture(none)], [null, null]);
});

it('the CSV has a column for day and store each, and no total', () => {
  const key = '2026-11-28 0b7e6c7e-0000-4000-8000-000000000001';
  const report = { since: '', until: '', groups: [group(key)], total: group('total') };
  assert.deepEqual(
    costsAsCsv({ ...report, by: 'store-day' })
      .trimEnd()
      .split('\n'),
    [
      'day,store,try_ons,completed,failed,moderation_blocks,cost_usd,unpriced_pictures',
      '2026-11-28,0b7e6c7e-0000-4000-8000-000000000001,5,3,1,1,0.100000,1',
    ],
  );
});

it('a name that a spreadsheet would calculate is text in the CSV', () => {
  const report = { since: '', until: '', groups: [group('=1+1,"x"')], total: group('total') };
  const [, line] = costsAsCsv({ ...report, by: 'provider' }).split('\n');
  assert.equal(line, '"\'=1+1,""x""",5,3,1,1,0.100000,1');
});
