/**
 * Faults on the wire that a test or a demo programs into a local server: error answers, delays,
 * dropped connections, and requests held at a named moment until they are released.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Which requests are meant. `path` is matched on the raw URL with its query; both absent: every request. */
export interface RequestMatch {
  method?: string;
  path?: RegExp;
}

/** What goes wrong, for the next `times` matching requests (default 1; `Infinity` is fine). */
export type Fault = RequestMatch & { times?: number } & (
    | {
        /** Answered with this. `status-after`: handled and committed first, then answered with this. */
        kind: 'status' | 'status-after';
        status: number;
        body?: unknown;
        headers?: Record<string, string>;
      }
    /** Waits, then is handled as usual. */
    | { kind: 'delay'; ms: number }
    /** `drop`: the socket is destroyed before handling. `drop-after`: handled, then no answer. */
    | { kind: 'drop' | 'drop-after' }
    /** Never handled and never answered; the connection ends when the server closes. */
    | { kind: 'hang' }
    /** Waits for `release()` before handling; `hold-after`: handled at once, the answer waits. */
    | { kind: 'hold' | 'hold-after' }
  );

/** A fault in place. */
export interface ArmedFault {
  /** How many requests it has hit. */
  readonly hits: number;
  /** Resolves when the first request hits it; for `-after` kinds, once that request was handled. */
  readonly hit: Promise<void>;
  /** Lets the requests that it holds go on, and takes it away. */
  release(): void;
}

interface Armed {
  readonly fault: Fault;
  readonly hit: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
  hits: number;
}

/** The faults of one server. The first matching fault in the order of `add` hits. */
export class Faults {
  #armed: Armed[] = [];
  #waiting: { match: RequestMatch; seen: PromiseWithResolvers<void> }[] = [];

  /** Puts a fault in place. */
  add(fault: Fault): ArmedFault {
    const armed: Armed = {
      fault,
      hits: 0,
      hit: Promise.withResolvers<void>(),
      released: Promise.withResolvers<void>(),
    };
    this.#armed.push(armed);
    return {
      get hits() {
        return armed.hits;
      },
      hit: armed.hit.promise,
      release: () => this.#disarm(armed),
    };
  }

  /** Takes every fault away and lets held requests go on. */
  clear(): void {
    for (const armed of [...this.#armed]) this.#disarm(armed);
  }

  /** Resolves when the next matching request arrives, whether a fault hits it or not. */
  arrived(match: RequestMatch): Promise<void> {
    const seen = Promise.withResolvers<void>();
    this.#waiting.push({ match, seen });
    return seen.promise;
  }

  /** Hooks the faults into a server; before its routes. */
  attach(app: FastifyInstance): void {
    const hitBy = new WeakMap<FastifyRequest, Armed>();
    app.addHook('onRequest', async (request, reply) => {
      this.#announce(request);
      const armed = this.#take(request);
      if (!armed) return;
      hitBy.set(request, armed);
      return strikeBefore(armed, request, reply);
    });
    app.addHook('onSend', async (request, reply, payload) => {
      const armed = hitBy.get(request);
      return armed ? strikeAfter(armed, { request, reply, payload }) : payload;
    });
    app.addHook('preClose', async () => this.clear());
  }

  #announce(request: FastifyRequest): void {
    const seen = this.#waiting.filter(({ match }) => matches(match, request));
    this.#waiting = this.#waiting.filter((waiting) => !seen.includes(waiting));
    for (const waiting of seen) waiting.seen.resolve();
  }

  #take(request: FastifyRequest): Armed | undefined {
    const armed = this.#armed.find(
      ({ fault, hits }) => hits < (fault.times ?? 1) && matches(fault, request),
    );
    if (armed) armed.hits += 1;
    return armed;
  }

  #disarm(armed: Armed): void {
    this.#armed = this.#armed.filter((other) => other !== armed);
    armed.released.resolve();
  }
}

function matches(match: RequestMatch, request: FastifyRequest): boolean {
  const methodFits = match.method === undefined || match.method === request.method;
  return methodFits && (match.path === undefined || match.path.test(request.raw.url ?? ''));
}

/** What a fault does when the request has arrived; answering or hijacking here keeps it from its handler. */
async function strikeBefore(
  { fault, hit, released }: Armed,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  if (!fault.kind.endsWith('-after')) hit.resolve();
  switch (fault.kind) {
    case 'status':
      return reply
        .code(fault.status)
        .headers(fault.headers ?? {})
        .send(fault.body);
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return undefined;
    case 'drop':
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    case 'hang':
      return reply.hijack();
    case 'hold':
      await released.promise;
      return undefined;
    default:
      return undefined;
  }
}

/** What a fault does when the request was handled and its answer is about to go out. */
async function strikeAfter(
  { fault, hit, released }: Armed,
  answer: { request: FastifyRequest; reply: FastifyReply; payload: unknown },
): Promise<unknown> {
  if (!fault.kind.endsWith('-after')) return answer.payload;
  hit.resolve();
  if (fault.kind === 'hold-after') await released.promise;
  if (fault.kind === 'drop-after') answer.request.raw.socket.destroy();
  if (fault.kind !== 'status-after') return answer.payload;
  answer.reply
    .code(fault.status)
    .headers({ 'content-type': 'application/json', ...fault.headers })
    .removeHeader('content-length');
  return typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {});
}
