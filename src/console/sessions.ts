/** The newest sessions, and one session's whole story. No link, prompt or e-mail address leaves. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { listRecords } from '../adapters/supabase/session-records.ts';
import { sessionStory } from '../operations/session-story.ts';
import type { OpenOperations } from './operation-connection.ts';
import { parse, refusal } from './parse.ts';

const MOST_ROWS = 200;

const filter = z.object({
  /** Hours back. */
  hours: z.coerce
    .number()
    .positive()
    .max(24 * 366)
    .default(24),
  store: z.union([z.literal(''), z.uuid()]).default(''),
  failed: z.enum(['0', '1']).default('0'),
});

export function addSessions(api: FastifyInstance, open: OpenOperations): void {
  api.get('/sessions', async (request) => {
    const { hours, store, failed } = parse(filter, request.query);
    const { supabase } = await open();
    const sessions = await listRecords(supabase, {
      since: new Date(Date.now() - hours * 3_600_000),
      storeId: store === '' ? null : store,
      onlyFailed: failed === '1',
      limit: MOST_ROWS,
    });
    return { sessions, most: MOST_ROWS };
  });

  api.get('/sessions/:id', async (request) => {
    const { id } = parse(z.object({ id: z.uuid() }), request.params);
    const story = await sessionStory(await open(), id.toLowerCase());
    if (story === null) throw refusal(404, 'Nothing is on record about this session.');
    return story;
  });
}
