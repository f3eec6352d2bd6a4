/**
 * Sends webhooks through the guard: to public addresses only (except for trusted origins), no redirect
 * is followed, the answer's body is not read, and everything ends within one time limit.
 */
import { Agent, Client, type Dispatcher, request } from 'undici';
import { unlessAborted } from '../../concurrency/unless-aborted.ts';
import { TaskError } from '../../errors.ts';
import { isRedirect } from '../../http-client/answer.ts';
import type { SendResult, WebhookSender } from '../../ports/webhooks.ts';
import { retryAfterMs } from '../../retry-after.ts';
import { VERSION } from '../../version.ts';
import { dnsLookup, type ResolveHost } from './dns-lookup.ts';
import {
  type Dial,
  dialPinned,
  guardedConnector,
  HEAD_ALLOWANCE_BYTES,
} from './guarded-connect.ts';

/** From the name's lookup to the answer's status: what the specification recommends at the least is 15 s. */
const TIMEOUT_MS = 15_000;
/** The status line and the headers of an answer. */
const MAX_ANSWER_BYTES = 16_384;

interface WebhookSenderOptions {
  /** Default: DNS. */
  readonly resolve?: ResolveHost;
  /** Default: connect to the checked addresses. */
  readonly dial?: Dial;
  readonly timeoutMs?: number;
}

export class WebWebhookSender implements WebhookSender {
  readonly #resolve: ResolveHost;
  readonly #dial: Dial;
  readonly #timeoutMs: number;

  constructor(options: WebhookSenderOptions = {}) {
    this.#resolve = options.resolve ?? dnsLookup();
    this.#dial = options.dial ?? dialPinned;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  async send(
    { url, isTrusted }: { readonly url: string; readonly isTrusted: boolean },
    {
      headers,
      body,
    }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
    signal: AbortSignal,
  ): Promise<SendResult> {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const stop = AbortSignal.any([signal, timeout]);
    const limits = { pipelining: 0, maxHeaderSize: MAX_ANSWER_BYTES };
    const connect = guardedConnector({
      resolve: this.#resolve,
      dial: this.#dial,
      allowance: { bytes: HEAD_ALLOWANCE_BYTES },
      signal: stop,
    });
    // A connection of its own for every message: no endpoint decides how long one is kept.
    const dispatcher: Dispatcher = isTrusted
      ? new Agent({ ...limits, allowH2: false })
      : new Client(new URL(url).origin, { ...limits, connect });
    try {
      const options = {
        dispatcher,
        method: 'POST' as const,
        headers: { ...headers, 'user-agent': `wearon-worker/${VERSION}` },
        body,
        signal: stop,
      };
      const answer = await unlessAborted(request(url, options), stop);
      // The body is not read. Errors of the connection no longer matter: it is closed now.
      answer.body.on('error', () => undefined);
      return resultOf(answer.statusCode, answer.headers['retry-after']);
    } catch (error) {
      signal.throwIfAborted();
      const problem = timeout.aborted ? 'timeout' : isRefused(error) ? 'refused' : 'unreachable';
      return { status: null, problem, retryAfterMs: 0 };
    } finally {
      await dispatcher.destroy();
    }
  }
}

function resultOf(status: number, retryAfter: string | string[] | undefined): SendResult {
  if (status >= 200 && status < 300) return { status, problem: null, retryAfterMs: 0 };
  if (isRedirect(status)) return { status, problem: 'redirect', retryAfterMs: 0 };
  const waitMs = retryAfterMs(new Headers({ 'retry-after': String(retryAfter) })) ?? 0;
  return { status, problem: status === 410 ? 'gone' : 'status', retryAfterMs: waitMs };
}

function isRefused(error: unknown): boolean {
  return error instanceof TaskError && error.detail === 'refused';
}
