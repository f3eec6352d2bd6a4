/**
 * What the public schema holds: the columns of its tables and the arguments of its functions.
 */
import type { Pool } from 'pg';

export interface Table {
  readonly name: string;
  readonly columns: ReadonlySet<string>;
  readonly primaryKey: readonly string[];
}

export interface SqlFunction {
  readonly name: string;
  /** In their order, with their SQL types. */
  readonly args: readonly { name: string; type: string; required: boolean }[];
  readonly returns: 'nothing' | 'value' | 'rows';
}

export interface Catalog {
  table(name: string): Promise<Table | undefined>;
  /** The overloads of this name. */
  functions(name: string): Promise<SqlFunction[]>;
}

/** Reads the schema when it is first asked for something that it does not know. */
export function schemaCatalog(pool: Pool): Catalog {
  let tables = new Map<string, Table>();
  let functions = new Map<string, SqlFunction[]>();
  return {
    async table(name) {
      if (!tables.has(name)) tables = await readTables(pool);
      return tables.get(name);
    },
    async functions(name) {
      if (!functions.has(name)) functions = await readFunctions(pool);
      return functions.get(name) ?? [];
    },
  };
}

async function readTables(pool: Pool): Promise<Map<string, Table>> {
  const { rows } = await pool.query<{ name: string; columns: string[]; key: string[] | null }>(`
    select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns,
      array_agg(a.attname::text order by a.attnum) filter (where a.attnum = any (i.indkey)) as key
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
    group by c.relname`);
  return new Map(
    rows.map(({ name, columns, key }) => [
      name,
      { name, columns: new Set(columns), primaryKey: key ?? [] },
    ]),
  );
}

interface FunctionRow {
  name: string;
  names: string[] | null;
  types: string[];
  optional: number;
  returns: SqlFunction['returns'];
}

async function readFunctions(pool: Pool): Promise<Map<string, SqlFunction[]>> {
  const { rows } = await pool.query<FunctionRow>(`
    select p.proname as name, p.proargnames[1:p.pronargs]::text[] as names,
      array(select format_type(t, null) from unnest(p.proargtypes) t) as types,
      p.pronargdefaults as optional,
      case when p.prorettype = 'void'::regtype then 'nothing'
        when p.proretset then 'rows' else 'value' end as returns
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype`);
  return Map.groupBy(
    rows.map(({ name, names, types, optional, returns }) => ({
      name,
      returns,
      args: types.map((type, index) => ({
        name: names?.[index] ?? '',
        type,
        required: index < types.length - optional,
      })),
    })),
    ({ name }) => name,
  );
}
