/**
 * A shop's server for webhooks, on the loopback interface: keeps what it gets, and answers as the
 * test chooses. The signatures are judged by the specification's own package.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { until } from '../../local/until.ts';
import type { EndedMessage } from '../../src/webhooks/message.ts';
import { startHttpHost } from './network/http-host.ts';

export const WEBHOOK_SECRET = `whsec_${Buffer.from('a test key of thirty-two bytes!!').toString('base64')}`;

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly atMs: number;
}

/** Answers a request that was read to its end; it may take its time. */
export type AnswerWebhook = (
  response: ServerResponse,
  received: ReceivedWebhook,
) => void | Promise<void>;

export interface WebhookReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly port: number;
  readonly received: readonly ReceivedWebhook[];
  /** Webhooks about the session so far. */
  about(sessionId: string): ReceivedWebhook[];
  /** The message about the session, once it is there; verified. */
  messageAbout(sessionId: string): Promise<EndedMessage>;
}

/** The message, if the signature is right; throws otherwise. */
export function verified(
  { body, headers }: ReceivedWebhook,
  secret = WEBHOOK_SECRET,
): EndedMessage {
  return new Webhook(secret).verify(body, { ...headers }) as EndedMessage;
}

const ok: AnswerWebhook = (response) => {
  response.writeHead(204).end();
};

export async function startWebhookReceiver(answer: AnswerWebhook = ok): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const webhook = { path: request.url ?? '', headers, body, atMs: performance.now() };
    received.push(webhook);
    await answer(response, webhook);
  };
  const host = await startHttpHost((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  const about = (sessionId: string) => received.filter(({ body }) => body.includes(sessionId));
  return {
    origin: host.origin,
    port: host.port,
    received,
    about,
    messageAbout: async (sessionId) => {
      const [first] = await until(`a webhook about ${sessionId}`, () => {
        const found = about(sessionId);
        return found.length > 0 && found;
      });
      if (first === undefined) throw new Error('unreachable');
      return verified(first);
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
