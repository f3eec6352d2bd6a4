/**
 * The playground of a local stack: whatever the page asks is passed on to the stack, which orders the
 * try-on as the platform does. The page talks to no one but the worker.
 */
import type { FastifyRequest } from 'fastify';
import { refusal } from './parse.ts';
import type { Playground } from './playground.ts';

const TIMEOUT_MS = 20_000;

/** `ordersUrl`: CONSOLE_ORDERS_URL. */
export function orderThrough(ordersUrl: string): Playground {
  return {
    describe: async () => {
      const answer = await ask(`${ordersUrl}/samples`, {});
      return { mode: 'order', samples: await answer.json() };
    },
    answer: async (request, reply) => {
      const path = request.url.replace(/^.*?\/api\//, '');
      const answer = await ask(`${ordersUrl}/${path}`, requestOf(request));
      return reply
        .code(answer.status)
        .type(answer.headers.get('content-type') ?? 'application/json')
        .send(Buffer.from(await answer.arrayBuffer()));
    },
  };
}

function requestOf({ method, headers, body }: FastifyRequest): RequestInit {
  if (!Buffer.isBuffer(body)) return { method };
  const type = headers['content-type'] ?? '';
  return { method, headers: { 'content-type': type }, body: new Uint8Array(body) };
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw refusal(502, 'The local stack (CONSOLE_ORDERS_URL) does not answer.');
  }
}
