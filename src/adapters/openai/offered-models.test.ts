import assert from 'node:assert/strict';
import { it } from 'node:test';
import { offeredModels } from './offered-models.ts';

it('a list of models is read as far as it makes sense', () => {
  const list = [
    { id: 'a', shutdown_date: '2026-12-01' },
    { id: 'b', shutdown_date: '2026-12-01T00:00:00Z' },
    { id: 'c', shutdown_date: 'soon' },
    { id: 'd', shutdown_date: 1_796_083_200 },
    { id: 'e' },
    { id: 5 },
    null,
    [],
  ];
  const read = offeredModels(list).map(({ name, shutdownDate }) => [name, shutdownDate]);
  assert.deepEqual(read, [
    ['a', '2026-12-01'],
    ['b', '2026-12-01'],
    ['c', null],
    ['d', null],
    ['e', null],
  ]);
});

it('an answer that is no list of models is malformed', () => {
  for (const answer of [undefined, null, 'models', {}]) {
    assert.throws(() => offeredModels(answer), { code: 'PROVIDER_MALFORMED' });
  }
});
