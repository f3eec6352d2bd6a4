import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pagesById } from './pages.ts';

const rows = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));

async function idsOf(most: number): Promise<string[][]> {
  const pages: string[][] = [];
  const read = async (after: string) => rows.filter(({ id }) => id > after).slice(0, most);
  for await (const page of pagesById(read)) pages.push(page.map(({ id }) => id));
  return pages;
}

it('every row is read however short the API cuts its pages', async () => {
  assert.deepEqual(await idsOf(2), [['a', 'b'], ['c', 'd'], ['e']]);
  assert.deepEqual(await idsOf(1000), [['a', 'b', 'c', 'd', 'e']]);
});

it('no row gives no page', async () => {
  assert.deepEqual(await idsOf(0), []);
});
