import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import { pagesById, rowsById } from './pages.ts';

const rows = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));
const row = z.object({ id: z.string() });

/** A query whose pages the API cuts off at `most` rows. */
const queryCutAt = (most: number) => () => ({
  gt: (_: 'id', after: string) => {
    const data = rows.filter(({ id }) => id > after).slice(0, most);
    return { order: () => ({ limit: async () => ({ data, error: null }) }) };
  },
});

async function idsOf(most: number): Promise<string[][]> {
  const pages = await Array.fromAsync(pagesById(row, queryCutAt(most)));
  return pages.map((page) => page.map(({ id }) => id));
}

it('every row is read however short the API cuts its pages', async () => {
  assert.deepEqual(await idsOf(2), [['a', 'b'], ['c', 'd'], ['e']]);
  assert.deepEqual(await idsOf(1000), [['a', 'b', 'c', 'd', 'e']]);
});

it('more rows than may be read are refused', async () => {
  const read = (most: number) => Array.fromAsync(rowsById(row, queryCutAt(2), most));
  assert.deepEqual(await read(5), rows);
  await assert.rejects(read(4), { detail: 'too_many_rows' });
});

it('no row gives no page', async () => {
  assert.deepEqual(await idsOf(0), []);
});
