import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UsageError } from './answer.ts';
import { momentOf } from './time-window.ts';

const NOW = new Date('2026-06-01T12:00:00Z');

it('a time is hours back, an ISO date or an ISO time', () => {
  const times = {
    '1.5h': '2026-06-01T10:30:00.000Z',
    '2028-02-29': '2028-02-29T00:00:00.000Z',
    '2026-03-01T10:00Z': '2026-03-01T10:00:00.000Z',
    '2026-03-01T10:00:00.5+02:00': '2026-03-01T08:00:00.500Z',
  };
  for (const [text, iso] of Object.entries(times)) {
    assert.equal(momentOf(text, NOW).toISOString(), iso, text);
  }
  const local = '2026-03-01T10:00';
  assert.deepEqual(momentOf(local, NOW), new Date(local));
});

it('a date that no calendar has is refused', () => {
  const wrong = ['2026-02-30', '2027-02-29', '2026-02-30T10:00:00Z', '2026-04-31', '5', '-5h', ''];
  for (const text of wrong) assert.throws(() => momentOf(text, NOW), UsageError, text);
});
