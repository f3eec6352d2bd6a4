/**
 * Keyset paging by id. The API cuts a page off at its own maximum of rows, which may be below what
 * was asked for, so a short page says nothing: paging goes on until a page is empty.
 */

/** At most so many rows are asked for at once; Supabase's default maximum is 1,000. */
export const PAGE_ROWS = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

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
