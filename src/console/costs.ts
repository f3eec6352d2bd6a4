/** What the pictures cost and what became of the try-ons, as JSON and as CSV. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { COST_GROUPINGS, costReport, costsAsCsv } from '../operations/costs.ts';
import type { OpenOperations } from './operation-connection.ts';
import { parse } from './parse.ts';

/** Read while someone waits for a page. */
const MOST_ROWS = 50_000;

const query = z.object({
  by: z.enum(COST_GROUPINGS).default('day'),
  days: z.coerce.number().positive().max(366).default(7),
  format: z.enum(['json', 'csv']).default('json'),
});

export function addCosts(api: FastifyInstance, open: OpenOperations): void {
  api.get('/costs', async (request, reply) => {
    const { by, days, format } = parse(query, request.query);
    const { supabase } = await open();
    const until = new Date();
    const since = new Date(until.getTime() - days * 86_400_000);
    const report = await costReport(supabase, { by, since, until, mostRows: MOST_ROWS });
    if (format === 'json') return report;
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="wearon-costs-by-${by}.csv"`)
      .send(costsAsCsv(report));
  });
}
