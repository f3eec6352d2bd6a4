/**
 * The slice of PostgREST that supabase-js uses: tables and functions of the public schema under
 * `/rest/v1`, one transaction for each request, in the role of its key.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool, PoolClient } from 'pg';
import { type Catalog, type SqlFunction, schemaCatalog, type Table } from './catalog.ts';
import { asRefusal, Refusal } from './refusal.ts';
import {
  type Body,
  callStatement,
  countStatement,
  deleteStatement,
  insertedColumns,
  insertStatement,
  page,
  type Statement,
  selectStatement,
  updateStatement,
} from './statements.ts';

/** What a statement returned: JSON text and its number of rows. */
interface Outcome {
  readonly body: string | null;
  readonly count: number;
}

const NO_ROWS: Outcome = { body: '[]', count: 0 };

/** Settings of a project's API. */
export interface ApiLimits {
  /** As many rows as an answer has at most; a project may lower it. */
  maxRows: number;
}

/** Adds the database API to a server that has checked the keys already. */
export function addRest(app: FastifyInstance, pool: Pool, limits: ApiLimits): void {
  const catalog = schemaCatalog(pool);
  app.setErrorHandler((error, _request, reply) => {
    const refusal = asRefusal(error);
    if (!(refusal instanceof Refusal)) throw error;
    return reply.code(refusal.status).send(refusal.body);
  });
  app.get('/rest/v1/:table', async (request, reply) => {
    const table = await tableOf(catalog, request);
    const search = searchOf(request);
    const { found, total } = await inTransaction(pool, request.role, async (client) => ({
      total: prefers(request, 'count=exact')
        ? (await perform(client, countStatement(table, search))).count
        : undefined,
      found: single(request, await perform(client, selectStatement(table, search, limits.maxRows))),
    }));
    const range = contentRange(page(search, limits.maxRows).offset, found.count, total);
    reply.code(range.partial ? 206 : 200).header('content-range', range.header);
    return sendJson(request, reply, found);
  });
  addChanges(app, pool, catalog);
  addCalls(app, pool, catalog);
}

function addChanges(app: FastifyInstance, pool: Pool, catalog: Catalog): void {
  app.post('/rest/v1/:table', async (request, reply) => {
    const table = await tableOf(catalog, request);
    const search = searchOf(request);
    const body = request.body as Body | Body[];
    checkColumns(table, insertedColumns([body].flat(), search));
    const statement = insertStatement(table, search, body, onDuplicate(request));
    const outcome = await change(pool, request, statement);
    // As PostgREST: nothing was created where every row was a duplicate.
    const isIgnored = onDuplicate(request) === 'ignore' && outcome.count === 0;
    return sendChange(request, reply.code(isIgnored ? 200 : 201), outcome);
  });
  app.patch('/rest/v1/:table', async (request, reply) => {
    const table = await tableOf(catalog, request);
    const body = request.body as Body;
    checkColumns(table, Object.keys(body));
    if (Object.keys(body).length === 0) return sendChange(request, reply, NO_ROWS);
    const statement = updateStatement(table, searchOf(request), body);
    return sendChange(request, reply, await change(pool, request, statement));
  });
  app.delete('/rest/v1/:table', async (request, reply) => {
    const table = await tableOf(catalog, request);
    const statement = deleteStatement(table, searchOf(request));
    return sendChange(request, reply, await change(pool, request, statement));
  });
}

function addCalls(app: FastifyInstance, pool: Pool, catalog: Catalog): void {
  app.post('/rest/v1/rpc/:name', async (request, reply) => {
    const { name } = request.params as { name: string };
    const args = (request.body ?? {}) as Body;
    const called = await functionOf(catalog, name, Object.keys(args));
    const outcome = await change(pool, request, callStatement(called, args));
    if (called.returns === 'nothing') return reply.code(204).send();
    return sendJson(request, reply, outcome);
  });
}

/** Runs a statement; a refused answer undoes what it did. */
function change(pool: Pool, request: FastifyRequest, statement: Statement): Promise<Outcome> {
  return inTransaction(pool, request.role, async (client) =>
    single(request, await perform(client, statement)),
  );
}

/** Supabase's `authenticator` has this limit, and the service role none of its own. */
const STATEMENT_TIMEOUT = '8s';
const IMPERSONATE =
  "select set_config('role', $1, true), set_config('statement_timeout', $2, true)";

async function inTransaction<T>(
  pool: Pool,
  role: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(IMPERSONATE, [role, STATEMENT_TIMEOUT]);
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot roll back is not used again.
    const rolledBack = await client.query('rollback').then(
      () => true,
      () => false,
    );
    client.release(!rolledBack);
    throw error;
  }
}

async function perform(client: PoolClient, { sql, params }: Statement): Promise<Outcome> {
  const { rows } = await client.query<Outcome>(sql, [...params]);
  return rows[0] ?? { body: null, count: 0 };
}

async function tableOf(catalog: Catalog, request: FastifyRequest): Promise<Table> {
  const { table: name } = request.params as { table: string };
  const table = await catalog.table(name);
  if (table) return table;
  throw new Refusal(
    404,
    'PGRST205',
    `Could not find the table 'public.${name}' in the schema cache`,
  );
}

async function functionOf(catalog: Catalog, name: string, given: string[]): Promise<SqlFunction> {
  const overloads = await catalog.functions(name);
  const fitting = overloads.find(
    ({ args }) =>
      given.every((key) => args.some((arg) => arg.name === key)) &&
      args.every((arg) => !arg.required || given.includes(arg.name)),
  );
  if (fitting) return fitting;
  const listed = (names: string[]) => names.toSorted().join(', ');
  const [closest] = overloads;
  throw new Refusal(
    404,
    'PGRST202',
    `Could not find the function public.${name}(${listed(given)}) in the schema cache`,
    {
      details: `Searched for the function public.${name} with parameters ${listed(given)} or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.`,
      hint: closest
        ? `Perhaps you meant to call the function public.${name}(${listed(closest.args.map((arg) => arg.name))})`
        : null,
    },
  );
}

function checkColumns(table: Table, names: string[]): void {
  const unknown = names.find((name) => !table.columns.has(name));
  if (unknown === undefined) return;
  throw new Refusal(
    400,
    'PGRST204',
    `Could not find the '${unknown}' column of '${table.name}' in the schema cache`,
  );
}

const ONE_OBJECT = 'application/vnd.pgrst.object+json';

function wantsOne(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes(ONE_OBJECT);
}

/** Refuses an outcome of none or several rows where the client asked for exactly one. */
function single(request: FastifyRequest, outcome: Outcome): Outcome {
  if (!wantsOne(request) || outcome.count === 1) return outcome;
  throw new Refusal(406, 'PGRST116', 'Cannot coerce the result to a single JSON object', {
    details: `The result contains ${outcome.count} rows`,
  });
}

function sendChange(request: FastifyRequest, reply: FastifyReply, outcome: Outcome): FastifyReply {
  if (prefers(request, 'return=representation')) return sendJson(request, reply, outcome);
  const isPost = request.method === 'POST';
  return reply.code(reply.statusCode === 200 && !isPost ? 204 : reply.statusCode).send();
}

function sendJson(request: FastifyRequest, reply: FastifyReply, { body }: Outcome): FastifyReply {
  const one = wantsOne(request) && body?.startsWith('[');
  return reply
    .type(`${one ? ONE_OBJECT : 'application/json'}; charset=utf-8`)
    .send(one ? body?.slice(1, -1) : (body ?? 'null'));
}

/** `0-4/25`, with `*` for what is empty or not counted. */
function contentRange(
  offset: number,
  count: number,
  total: number | undefined,
): { header: string; partial: boolean } {
  const rows = count === 0 ? '*' : `${offset}-${offset + count - 1}`;
  return { header: `${rows}/${total ?? '*'}`, partial: total !== undefined && count < total };
}

function onDuplicate(request: FastifyRequest): 'refuse' | 'merge' | 'ignore' {
  if (prefers(request, 'resolution=merge-duplicates')) return 'merge';
  return prefers(request, 'resolution=ignore-duplicates') ? 'ignore' : 'refuse';
}

function prefers(request: FastifyRequest, preference: string): boolean {
  const preferences = [request.headers.prefer ?? []].flat().join(',');
  return preferences.split(/,\s*/).includes(preference);
}

function searchOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.raw.url ?? '', 'http://localhost').searchParams;
}
