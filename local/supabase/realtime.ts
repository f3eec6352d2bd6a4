/**
 * The slice of Supabase Realtime that shows a session's progress: `postgres_changes` of UPDATEs in
 * `public`, filtered by `column=eq.value`, over supabase-js's websocket (protocol 2.0.0).
 */
import websocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';

/** What the triggers in schema.sql notify of. */
const PG_CHANNEL = 'row_updated';
const rowUpdated = z.object({ table: z.string().regex(/^\w+$/), id: z.guid() });

/** `[join_ref, ref, topic, event, payload]`. */
const message = z.tuple([
  z.string().nullable(),
  z.string().nullable(),
  z.string(),
  z.string(),
  z.record(z.string(), z.unknown()),
]);
const join = z.object({
  config: z.object({
    postgres_changes: z
      .array(
        z.object({
          event: z.string(),
          schema: z.literal('public'),
          table: z.string(),
          filter: z.string().optional(),
        }),
      )
      .default([]),
  }),
});

interface Subscription {
  readonly topic: string;
  readonly joinRef: string | null;
  readonly table: string;
  readonly filter: string | undefined;
  readonly id: number;
}

interface ChangedRow {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly record: Readonly<Record<string, unknown>>;
}

/** Adds `/realtime/v1/websocket`; `apiKey` must come as the `apikey` parameter. */
export async function addRealtime(app: FastifyInstance, pool: Pool, apiKey: string): Promise<void> {
  const sockets = new Map<WebSocket, Subscription[]>();
  const listener = listenTo(pool, (row) => {
    for (const [socket, subscriptions] of sockets) notify(socket, subscriptions, row);
  });
  app.addHook('onClose', () => listener.stop());
  await app.register(websocket);
  app.get(
    '/realtime/v1/websocket',
    {
      websocket: true,
      preValidation: async (request, reply) => {
        if (keyOf(request) !== apiKey) await reply.code(401).send({ message: 'Invalid API key' });
      },
    },
    (socket) => {
      const subscriptions: Subscription[] = [];
      sockets.set(socket, subscriptions);
      socket.on('close', () => sockets.delete(socket));
      socket.on('message', (text: Buffer) => {
        void answer(socket, subscriptions, text.toString(), listener.start);
      });
    },
  );
}

function keyOf({ query }: FastifyRequest): unknown {
  return (query as { apikey?: unknown }).apikey;
}

async function answer(
  socket: WebSocket,
  subscriptions: Subscription[],
  text: string,
  listen: () => Promise<void>,
): Promise<void> {
  const [joinRef, ref, topic, event, payload] = message.parse(JSON.parse(text));
  const reply = (status: 'ok' | 'error', response: object) =>
    socket.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status, response }]));
  if (event === 'phx_leave') {
    const others = subscriptions.filter((one) => one.topic !== topic);
    subscriptions.splice(0, subscriptions.length, ...others);
  }
  if (event !== 'phx_join') return reply('ok', {});
  const asked = join.safeParse(payload).data?.config.postgres_changes;
  if (asked === undefined) return reply('error', { reason: 'unsupported' });
  await listen();
  const changes = asked.map((one) => ({ ...one, id: nextId() }));
  for (const { table, filter, id } of changes) {
    subscriptions.push({ topic, joinRef, table, filter, id });
  }
  reply('ok', { postgres_changes: changes });
}

let lastId = 0;
function nextId(): number {
  lastId += 1;
  return lastId;
}

function notify(
  socket: WebSocket,
  subscriptions: readonly Subscription[],
  { table, columns, record }: ChangedRow,
): void {
  for (const { topic, joinRef, id, ...wanted } of subscriptions) {
    if (wanted.table !== table || !passes(wanted.filter, record)) continue;
    const data = {
      schema: 'public',
      table,
      type: 'UPDATE',
      commit_timestamp: new Date().toISOString(),
      columns,
      record,
      old_record: { id: record.id },
      errors: null,
    };
    socket.send(JSON.stringify([joinRef, null, topic, 'postgres_changes', { ids: [id], data }]));
  }
}

function passes(filter: string | undefined, record: ChangedRow['record']): boolean {
  if (filter === undefined) return true;
  const [, column = '', value] = /^(\w+)=eq\.(.*)$/s.exec(filter) ?? [];
  return String(record[column]) === value;
}

/** Listens from the first `start` on, over a connection of its own; again after it was lost. */
function listenTo(pool: Pool, onRow: (row: ChangedRow) => void) {
  let client: Promise<PoolClient> | null = null;
  const open = async () => {
    const connected = await pool.connect();
    connected.on('error', () => {
      client = null;
    });
    connected.on('notification', ({ payload = '' }) => {
      const { table, id } = rowUpdated.parse(JSON.parse(payload));
      readRow(pool, table, id).then(
        (row) => row !== null && onRow(row),
        () => undefined,
      );
    });
    await connected.query(`LISTEN ${PG_CHANNEL}`);
    return connected;
  };
  return {
    start: async () => {
      client ??= open();
      await client;
    },
    stop: async () => {
      const connected = await client?.catch(() => null);
      connected?.release(true);
    },
  };
}

async function readRow(pool: Pool, table: string, id: string): Promise<ChangedRow | null> {
  const { rows } = await pool.query(
    `SELECT row_to_json(t) AS record FROM public.${table} t WHERE id = $1`,
    [id],
  );
  const { rows: columns } = await pool.query(
    `SELECT column_name AS name, udt_name AS type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`,
    [table],
  );
  return rows[0] === undefined ? null : { table, columns, record: rows[0].record };
}
