/**
 * Paging. The API cuts a page off at its own maximum of rows, which may be below what was asked for,
 * so a short page says nothing: paging goes on until a page is empty.
 */
import type { z } from 'zod';
import { TaskError } from '../../errors.ts';
import { type Answer, rowsOf } from './client.ts';

/** At most so many rows are asked for at once; Supabase's default maximum is 1,000. */
const PAGE_ROWS = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Of supabase-js: the rows that are left after all filters but the page's. */
interface Query {
  gt(
    column: 'id',
    value: string,
  ): { order(column: 'id'): { limit(count: number): PromiseLike<Answer> } };
}
type Row = { readonly id: string };

/** Every page of the rows, in the order of their ids. `query` is made anew for each page. */
export async function* pagesById<T extends Row>(
  row: z.ZodType<T>,
  query: () => Query,
  pageRows = PAGE_ROWS,
): AsyncIterable<readonly T[]> {
  let after = FIRST_ID;
  for (;;) {
    const page = rowsOf(row, await query().gt('id', after).order('id').limit(pageRows));
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.id;
  }
}

/**
 * Every row, where there are at most `most`; else STORAGE_UNAVAILABLE (too_many_rows), so that no
 * owner's rows keep a process busy.
 */
export async function* rowsById<T extends Row>(
  row: z.ZodType<T>,
  query: () => Query,
  most = Number.POSITIVE_INFINITY,
): AsyncIterable<T> {
  let count = 0;
  for await (const page of pagesById(row, query)) {
    count += page.length;
    if (count > most) throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'too_many_rows' });
    yield* page;
  }
}

/** The first rows of a list in an order of its own, at most `most`; `readPage` reads from an index on. */
export async function firstRows<T>(
  most: number,
  readPage: (from: number) => Promise<readonly T[]>,
): Promise<T[]> {
  const rows: T[] = [];
  while (rows.length < most) {
    const page = await readPage(rows.length);
    if (page.length === 0) break;
    rows.push(...page);
  }
  return rows;
}
