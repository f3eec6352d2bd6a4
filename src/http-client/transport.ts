/**
 * One HTTP request to the vendor, from the first byte to the last, and the one thing that the
 * SDK does not report: whether a request that failed had gone out, and so may have been billed.
 */
import { Readable } from 'node:stream';
import { Agent, DecoratorHandler, type Dispatcher } from 'undici';
import { exchange, MAX_ANSWER_BYTES } from './exchange.ts';

/** No answer came. `requestSent`: the request was handed to an open connection before that. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  readonly requestSent: boolean;

  constructor(requestSent: boolean, cause: unknown) {
    const sent = requestSent ? 'after the request was sent' : 'before the request was sent';
    super(`${reasonOf(cause)} ${sent}`, { cause });
    this.requestSent = requestSent;
  }
}

/** A system's or undici's error code, such as ECONNREFUSED; never its text, which may hold an address. */
function reasonOf(cause: unknown): string {
  const { code, name } = cause as { code?: unknown; name?: unknown };
  return String(typeof code === 'string' ? code : name);
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The connections to the vendor: a new one for every request. A kept one may be reset under a paid
 * call, whose outcome is then unknown; a handshake costs little compared with seconds of drawing.
 */
export class Transport implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  /** `timeoutMs` bounds one request as a whole: connecting, sending, waiting and reading the answer. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connect: { timeout: CONNECT_TIMEOUT_MS },
      pipelining: 0,
      // The one timer below bounds everything.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: MAX_ANSWER_BYTES,
      // One request at a time on a connection: a broken one costs one paid call, not many.
      allowH2: false,
    });
  }

  /**
   * The SDK's `fetch`: one request, never redirected or repeated, whose answer is read to its end.
   * Rejects with a TransportFailure. It carries the `Response` class because the SDK looks there
   * for whether FormData is understood.
   */
  get fetch(): typeof fetch {
    return Object.assign(
      (url: string | URL | Request, init?: RequestInit) => this.#send(url, init),
      {
        Response,
      },
    );
  }

  /** The same, which also gives each part of an answer to `onPart` as it arrives. */
  fetchInParts(onPart: (part: Uint8Array) => void): typeof fetch {
    return (url: string | URL | Request, init?: RequestInit) => this.#send(url, init, onPart);
  }

  async #send(
    url: string | URL | Request,
    init: RequestInit = {},
    onPart: ((part: Uint8Array) => void) | null = null,
  ): Promise<Response> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    let requestSent = false;
    const onSent = () => {
      requestSent = true;
    };
    try {
      const sending = { url, init, body: bodyOf(init.body, onSent) };
      return await exchange(notify(this.#agent, onSent), sending, { signal, onPart });
    } catch (error) {
      throw new TransportFailure(requestSent, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** The agent, calling `onSent` when a request has been written to a connection that is open (with TLS, secured). */
function notify(agent: Agent, onSent: () => void): Dispatcher {
  class SentHandler extends DecoratorHandler {
    onRequestSent(): void {
      onSent();
    }
  }
  return agent.compose(
    (dispatch) => (options, handler) => dispatch(options, new SentHandler(handler)),
  );
}

/**
 * The body as undici sends it. One in parts counts as sent from its first part on: the vendor may have
 * all of it before undici says so.
 */
function bodyOf(
  body: RequestInit['body'],
  onSent: () => void,
): string | Uint8Array | Readable | null {
  if (body === null || body === undefined) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (!(body instanceof ReadableStream)) throw new TypeError('A body is text, bytes or a stream');
  return Readable.from(
    (async function* () {
      onSent();
      yield* body;
    })(),
  );
}
