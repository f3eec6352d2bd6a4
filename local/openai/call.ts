/**
 * What the local image model records of each `images/edits` request, for tests and the demo.
 */
import type { FastifyReply } from 'fastify';
import type { EditForm } from './edit-form.ts';

export interface Call {
  readonly at: Date;
  /** `aborted`: the client went away, or a fault cut the connection, before the answer was out. */
  readonly outcome: 'open' | 'answered' | 'aborted';
  /** Null until it is answered. */
  readonly status: number | null;
  /** Null while it is being read, and where a fault hit it or it was refused before it was read. */
  readonly form: EditForm | null;
  /** Resolves when the outcome is known. */
  readonly ended: Promise<void>;
}

export type OpenCall = { -readonly [K in keyof Call]: Call[K] };

/** Records the call as it arrives; its outcome is filled in when the connection is done with it. */
export function recordCall(reply: FastifyReply): OpenCall {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const call: OpenCall = { at: new Date(), outcome: 'open', status: null, form: null, ended };
  reply.raw.once('close', () => {
    const answered = reply.raw.writableFinished;
    call.outcome = answered ? 'answered' : 'aborted';
    call.status = answered ? reply.raw.statusCode : null;
    resolve();
  });
  return call;
}
