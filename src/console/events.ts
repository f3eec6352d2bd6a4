/**
 * `GET /console/api/events`: the steps of every session on all replicas, as server-sent events.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { SessionEvent } from '../ports/progress.ts';

/** Calls the listener for every step from now on; resolves with a function that ends it. `onLost`: the connection is lost. */
export type Listen = (
  listener: (event: SessionEvent) => void,
  onLost: () => void,
) => Promise<() => void>;

const MOST_STREAMS = 50;
/** Keeps proxies from closing an idle stream, and shows when the client is gone. */
const HEARTBEAT_MS = 15_000;
/** A client that reads slower than sessions move is cut off; the page connects again. */
const MOST_UNSENT_BYTES = 1_000_000;

export function addEvents(api: FastifyInstance, listen: Listen): void {
  const streams = new Set<ServerResponse>();
  api.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
  });
  api.get('/events', async (_request, reply) => {
    if (streams.size >= MOST_STREAMS) {
      return reply.code(503).send({ error: `${MOST_STREAMS} pages listen already.` });
    }
    reply.hijack();
    const stream = reply.raw;
    streams.add(stream);
    const write = (text: string) => {
      if (stream.writableLength > MOST_UNSENT_BYTES) stream.destroy();
      else stream.write(text);
    };
    const closed = Promise.withResolvers<void>();
    stream.once('close', closed.resolve);
    const heartbeat = setInterval(write, HEARTBEAT_MS, ':\n\n');
    const headers = reply.getHeaders();
    stream.writeHead(200, {
      ...(headers as Record<string, string>),
      'content-type': 'text/event-stream',
      // Else nginx gathers what it passes on.
      'x-accel-buffering': 'no',
    });
    const end = await listen(
      (event) => write(`data: ${JSON.stringify(event)}\n\n`),
      // The page says so, and asks again.
      () => stream.end(),
    ).catch(() => null);
    if (end === null) stream.end();
    else write('event: ready\ndata: {}\n\n');
    await closed.promise;
    clearInterval(heartbeat);
    streams.delete(stream);
    end?.();
    return reply;
  });
}
