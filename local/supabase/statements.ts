/**
 * One SQL statement for each kind of request to a table or a function. Postgres makes the JSON, so
 * timestamps and numbers look as PostgREST's do. Each returns one row `{ body, count }`: the JSON
 * text of the answer and how many rows it has.
 */
import { escapeIdentifier } from 'pg';
import type { SqlFunction, Table } from './catalog.ts';
import { orderSql, param, type Query, selectSql, whereSql } from './filters.ts';
import { Refusal } from './refusal.ts';

export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

export type Body = Record<string, unknown>;

/** Rows of a table, at most `maxRows`. */
export function selectStatement(table: Table, search: URLSearchParams, maxRows: number): Statement {
  const query = queryOf(table);
  const { limit, offset } = page(search, maxRows);
  const rows =
    `select ${selectSql(query, search.get('select'))} from ${from(table)}` +
    ` where ${whereSql(query, search)}${orderSql(query, search.get('order'))}` +
    ` limit ${limit} offset ${offset}`;
  return { sql: `with found as (${rows}) ${AS_JSON}`, params: query.params };
}

/** Which rows are asked for. */
export function page(search: URLSearchParams, maxRows: number): { limit: number; offset: number } {
  return {
    limit: Math.min(whole(search.get('limit')) ?? maxRows, maxRows),
    offset: whole(search.get('offset')) ?? 0,
  };
}

/** How many rows match the filters, without paging. */
export function countStatement(table: Table, search: URLSearchParams): Statement {
  const query = queryOf(table);
  const sql = `select count(*)::int as count from ${from(table)} where ${whereSql(query, search)}`;
  return { sql, params: query.params };
}

/** Changes the rows that match the filters to the values of the body. */
export function updateStatement(table: Table, search: URLSearchParams, body: Body): Statement {
  const query = queryOf(table);
  const columns = Object.keys(body).map(escapeIdentifier);
  const input = `json_populate_record(null::${from(table)}, ${param(query, JSON.stringify(body))})`;
  const changed =
    `update ${from(table)} set ${columns.map((name) => `${name} = input.${name}`).join(', ')}` +
    ` from ${input} as input where ${whereSql(query, search)} returning ${own(table)}.*`;
  return changeStatement(query, changed, search);
}

/** Inserts one row or several; `onDuplicate` makes it an upsert on the key or on `on_conflict`. */
export function insertStatement(
  table: Table,
  search: URLSearchParams,
  body: Body | Body[],
  onDuplicate: 'refuse' | 'merge' | 'ignore',
): Statement {
  const query = queryOf(table);
  const rows = [body].flat();
  const columns = insertedColumns(rows, search);
  const names = columns.map(escapeIdentifier).join(', ');
  const input = `json_populate_recordset(null::${from(table)}, ${param(query, JSON.stringify(rows))})`;
  const values =
    columns.length === 0 ? 'default values' : `(${names}) select ${names} from ${input}`;
  const conflict = onDuplicate === 'refuse' ? '' : conflictSql(table, columns, search, onDuplicate);
  const changed = `insert into ${from(table)} ${values}${conflict} returning ${own(table)}.*`;
  return changeStatement(query, changed, search);
}

/** The columns of the body, or of the `columns` parameter that supabase-js sends for several rows. */
export function insertedColumns(rows: Body[], search: URLSearchParams): string[] {
  const named = search.get('columns');
  if (named) return named.split(',').map((name) => name.replaceAll('"', ''));
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function conflictSql(
  table: Table,
  columns: string[],
  search: URLSearchParams,
  onDuplicate: 'merge' | 'ignore',
): string {
  const key = search.get('on_conflict')?.split(',') ?? table.primaryKey;
  const target = ` on conflict (${key.map(escapeIdentifier).join(', ')}) do `;
  if (onDuplicate === 'ignore') return `${target}nothing`;
  const merged = columns.map(escapeIdentifier).map((name) => `${name} = excluded.${name}`);
  return `${target}update set ${merged.join(', ')}`;
}

/** Deletes the rows that match the filters. */
export function deleteStatement(table: Table, search: URLSearchParams): Statement {
  const query = queryOf(table);
  const condition = whereSql(query, search);
  const changed = `delete from ${from(table)} where ${condition} returning ${own(table)}.*`;
  return changeStatement(query, changed, search);
}

/** Calls a function with named arguments. */
export function callStatement({ name, args, returns }: SqlFunction, given: Body): Statement {
  const used = args.filter((arg) => arg.name in given);
  const record = used.map((arg) => `${escapeIdentifier(arg.name)} ${arg.type}`).join(', ');
  const named = used.map(
    (arg) => `${escapeIdentifier(arg.name)} => args.${escapeIdentifier(arg.name)}`,
  );
  const source = used.length === 0 ? '(select)' : `json_to_record($1) as args(${record})`;
  const call = `public.${escapeIdentifier(name)}(${named.join(', ')})`;
  const params = used.length === 0 ? [] : [JSON.stringify(given)];
  const alias = used.length === 0 ? ' as args' : '';
  if (returns === 'rows') {
    const rows = `select found.* from ${source}${alias}, lateral ${call} as found`;
    return { sql: `with found as (${rows}) ${AS_JSON}`, params };
  }
  const value = returns === 'nothing' ? `${call}::text` : `to_json(${call})::text`;
  return { sql: `select ${value} as body, 1 as count from ${source}${alias}`, params };
}

const AS_JSON =
  "select coalesce(json_agg(found), '[]')::text as body, count(*)::int as count from found";

function changeStatement(query: Query, changed: string, search: URLSearchParams): Statement {
  const selected = selectSql(query, search.get('select'));
  const found = `select ${selected} from changed as ${escapeIdentifier(query.table)}`;
  return {
    sql: `with changed as (${changed}), found as (${found}) ${AS_JSON}`,
    params: query.params,
  };
}

function queryOf(table: Table): Query {
  return { table: table.name, params: [] };
}

function from(table: Table): string {
  return `public.${escapeIdentifier(table.name)}`;
}

function own(table: Table): string {
  return escapeIdentifier(table.name);
}

function whole(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (!/^\d+$/.test(value)) throw new Refusal(400, 'PGRST100', `failed to parse number (${value})`);
  return Number(value);
}
