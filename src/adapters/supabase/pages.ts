/**
 * Paging. The API cuts a page off at its own maximum of rows, which may be below what was asked for,
 * so a short page says nothing: paging goes on until a page is empty.
 */
import { TaskError } from '../../errors.ts';

/** At most so many rows are asked for at once; Supabase's default maximum is 1,000. */
export const PAGE_ROWS = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Every row, where there are at most `most`; else STORAGE_UNAVAILABLE (too_many_rows), so that no
 * owner's rows keep a process busy.
 */
export async function allById<T extends { readonly id: string }>(
  most: number,
  readPage: (after: string) => Promise<readonly T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pagesById(readPage)) {
    all.push(...page);
    if (all.length > most) throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'too_many_rows' });
  }
  return all;
}

/** Every page of rows whose ids follow `after`, in the order of their ids. */
export async function* pagesById<T extends { readonly id: string }>(
  readPage: (after: string) => Promise<readonly T[]>,
): AsyncIterable<readonly T[]> {
  let after = FIRST_ID;
  for (;;) {
    const page = await readPage(after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.id;
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
