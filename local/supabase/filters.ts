/**
 * The query language of PostgREST's URLs (`status=in.(queued,failed)`, `or=(a.eq.1,not.b.is.null)`)
 * as SQL conditions. Values always travel as parameters, so Postgres reads them as the column's type.
 */
import { escapeIdentifier } from 'pg';
import { Refusal } from './refusal.ts';

/** A piece of SQL under way: the table that columns belong to and the parameters so far. */
export interface Query {
  readonly table: string;
  readonly params: unknown[];
}

/** Adds a parameter and returns its place, e.g. `$3`. */
export function param(query: Query, value: unknown): string {
  query.params.push(value);
  return `$${query.params.length}`;
}

/** A column or a JSON path (`metadata->>session_id`) as SQL. Unknown columns are Postgres's to refuse. */
function columnSql(query: Query, path: string): string {
  const [column = '', ...steps] = path.split(/(?=->)/);
  const keys = steps.map((step) => {
    const arrow = step.startsWith('->>') ? '->>' : '->';
    const key = step.slice(arrow.length);
    return /^-?\d+$/.test(key) ? `${arrow}${key}` : `${arrow}'${key.replaceAll("'", "''")}'`;
  });
  return `${escapeIdentifier(query.table)}.${escapeIdentifier(column)}${keys.join('')}`;
}

const NOT_FILTERS = new Set(['select', 'order', 'limit', 'offset', 'columns', 'on_conflict']);

/** All filters of a request's query as one condition; `true` where there is none. */
export function whereSql(query: Query, search: URLSearchParams): string {
  const conditions = [...search]
    .filter(([name]) => !NOT_FILTERS.has(name))
    .map(([name, value]) => {
      const logic = /^(not\.)?(or|and)$/.exec(name);
      return logic ? logicSql(query, name, value) : conditionSql(query, name, value);
    });
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

/** `or` with `(a.eq.1,and(b.gt.2,c.is.null))`. */
function logicSql(query: Query, operator: string, list: string): string {
  const [, not, word = ''] = /^(not\.)?(or|and)$/.exec(operator) ?? [];
  const inside = splitList(list.slice(1, -1)).map((item) => {
    const nested = /^((?:not\.)?(?:or|and))(\(.*\))$/s.exec(item);
    if (nested) return logicSql(query, nested[1] ?? '', nested[2] ?? '');
    const [, column = '', condition = ''] = /^([^.]+)\.(.*)$/s.exec(item) ?? [];
    return conditionSql(query, column, unquoteValue(condition));
  });
  return `${not ? 'not ' : ''}(${inside.join(` ${word} `)})`;
}

const COMPARISONS: Record<string, string> = {
  eq: '=',
  neq: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  like: 'like',
  ilike: 'ilike',
  cs: '@>',
  cd: '<@',
};

/** One `column` with `[not.]operator.value`. */
function conditionSql(query: Query, column: string, condition: string): string {
  const [, not, operator = '', value = ''] = /^(not\.)?([a-z]+)\.(.*)$/s.exec(condition) ?? [];
  const left = columnSql(query, column);
  const sql = operatorSql(query, { left, operator, value });
  if (sql === undefined) throw parseFailure(`"${column}=${condition}"`);
  return not ? `not (${sql})` : sql;
}

function operatorSql(
  query: Query,
  { left, operator, value }: { left: string; operator: string; value: string },
): string | undefined {
  if (operator === 'is') return isSql(left, value);
  if (operator === 'in') {
    const values = splitList(value.slice(1, -1)).map(unquote);
    return `${left} = any (${param(query, values)})`;
  }
  const comparison = COMPARISONS[operator];
  if (comparison === undefined) return undefined;
  const pattern = operator.endsWith('like') ? value.replaceAll('*', '%') : value;
  return `${left} ${comparison} ${param(query, pattern)}`;
}

function isSql(left: string, value: string): string | undefined {
  const word = value.toLowerCase().replace('_', ' ');
  return /^(null|not null|true|false|unknown)$/.test(word) ? `${left} is ${word}` : undefined;
}

/** Splits at commas that are inside neither quotes nor brackets. */
function splitList(list: string): string[] {
  const items = list.match(/(?:"(?:\\.|[^"\\])*"|\((?:[^()]|\([^()]*\))*\)|[^,"(])+/gs);
  return items ?? [];
}

function unquote(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
}

/** Inside a list a whole value may stand in quotes: `eq."a,b"`. */
function unquoteValue(condition: string): string {
  const [, operator = '', value = ''] = /^((?:not\.)?[a-z]+\.)(.*)$/s.exec(condition) ?? [];
  return operator + unquote(value);
}

/** `created_at.desc.nullslast,id` as an ORDER BY; empty where nothing is asked for. */
export function orderSql(query: Query, order: string | null): string {
  if (!order) return '';
  const items = order.split(',').map((item) => {
    const [column = '', ...words] = item.split('.');
    const direction = words.includes('desc') ? 'desc' : 'asc';
    const nulls = words.find((word) => word.startsWith('nulls'))?.replace('nulls', ' nulls ') ?? '';
    return `${columnSql(query, column)} ${direction}${nulls}`;
  });
  return ` order by ${items.join(', ')}`;
}

/** `id,status,since:created_at,metadata->>session_id,cost::text` as a select list. */
export function selectSql(query: Query, select: string | null): string {
  if (!select || select === '*') return `${escapeIdentifier(query.table)}.*`;
  return splitList(select.replaceAll(/\s/g, ''))
    .map((item) => selectedColumnSql(query, item))
    .join(', ');
}

function selectedColumnSql(query: Query, item: string): string {
  if (item === '*') return `${escapeIdentifier(query.table)}.*`;
  const match = /^(?:([^:()]+):(?!:))?([^:()]+)(?:::(\w+))?$/.exec(item);
  if (!match) throw parseFailure(`select parameter (${item})`);
  const [, alias, path = '', type] = match;
  const cast = type ? `::${escapeIdentifier(type)}` : '';
  const name = alias ?? path.split(/->>?/).at(-1) ?? path;
  return `(${columnSql(query, path)})${cast} as ${escapeIdentifier(name)}`;
}

function parseFailure(what: string): Refusal {
  return new Refusal(400, 'PGRST100', `failed to parse ${what}`);
}
