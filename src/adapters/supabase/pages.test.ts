import assert from 'node:assert/strict';
import { it } from 'node:test';
import { allById, pagesById } from './pages.ts';

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

it('more rows than may be read are refused', async () => {
  const read = async (after: string) => rows.filter(({ id }) => id > after).slice(0, 2);
  assert.equal((await allById(5, read)).length, 5);
  await assert.rejects(allById(3, read), { detail: 'too_many_rows' });
});

it('no row gives no page', async () => {
  assert.deepEqual(await idsOf(0), []);
});
