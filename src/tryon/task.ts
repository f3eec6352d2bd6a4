/**
 * The message on the platform's list, read without trust: it becomes a Task, or a Rejection that
 * says why not and whose session can still be failed and refunded.
 */
import { z } from 'zod';
import { TaskError } from '../errors.ts';
import { MAX_LINK_CHARACTERS } from '../images/link.ts';
import { MAX_TASK_BYTES, type SessionRef, type Task } from '../ports/session.ts';
import { cleanPrompt } from './prompt.ts';
import { MAX_REQUEST_ID } from './refund-intent.ts';

/** A message that can never become a job. */
export interface Rejection {
  readonly error: TaskError;
  /** For the operator: which rule the message breaks. Quotes nothing from it. */
  readonly reason: string;
  /** The session it was about, where the message names one and its owner. */
  readonly salvaged: (SessionRef & { readonly requestId: string | null }) | null;
}

/** The platform writes the ids before the links and the prompt. */
const HEAD_BYTES = 4096;
/** The platform lets shops send at most ten images. */
const MAX_IMAGES_B2B = 10;
/** The version that the platform writes (TASK_PAYLOAD_VERSION). */
const KNOWN_VERSION = 1;

const uuid = z.guid().transform((id) => id.toLowerCase());
const absent = z.null().optional();
const fields = {
  task_id: z.guid(),
  session_id: uuid,
  image_urls: z.array(z.string().min(1).max(MAX_LINK_CHARACTERS)).min(1),
  prompt: z.string(),
  // A client's own key, passed on unchanged.
  request_id: z.string().min(1).max(MAX_REQUEST_ID),
  created_at: z.iso.datetime({ offset: true }),
};

const wireTask = z.discriminatedUnion('channel', [
  z.object({
    ...fields,
    channel: z.literal('b2b'),
    store_id: uuid,
    user_id: z.unknown().optional(),
  }),
  z.object({ ...fields, channel: z.literal('b2c'), user_id: uuid, store_id: absent }),
]);

const wireOwner = z.discriminatedUnion('channel', [
  z.object({
    channel: z.literal('b2b'),
    session_id: uuid,
    store_id: uuid,
    request_id: z.unknown().optional(),
  }),
  z.object({
    channel: z.literal('b2c'),
    session_id: uuid,
    user_id: uuid,
    request_id: z.unknown().optional(),
  }),
]);

function decode(raw: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
}

/** The ids in the beginning of a message that is too large to be read. A quote inside a text is escaped. */
function idsInHead(raw: Uint8Array): unknown {
  const head = new TextDecoder().decode(raw.subarray(0, HEAD_BYTES));
  const names = ['channel', 'session_id', 'store_id', 'user_id'];
  const found = names.map((name) => [
    name,
    new RegExp(`"${name}"\\s*:\\s*"([^"\\\\]*)"`).exec(head)?.[1],
  ]);
  return Object.fromEntries(found);
}

function salvage(message: unknown): Rejection['salvaged'] {
  const { data: owner } = wireOwner.safeParse(message);
  if (owner === undefined) return null;
  const ownerId = owner.channel === 'b2b' ? owner.store_id : owner.user_id;
  const requestId = typeof owner.request_id === 'string' ? owner.request_id : null;
  return { channel: owner.channel, ownerId, sessionId: owner.session_id, requestId };
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'invalid' : `${issue.path.join('.') || 'message'}: ${issue.code}`;
}

/** Takes a message apart. `now` caps `created_at`, so that no clock can move a deadline out. */
export function parseTask(raw: Uint8Array, maxImages: number, now: Date): Task | Rejection {
  let message: unknown;
  const reject = (reason: string, error = new TaskError('INVALID_TASK')): Rejection => ({
    error,
    reason,
    salvaged: salvage(message),
  });
  if (raw.byteLength > MAX_TASK_BYTES) {
    message = idsInHead(raw);
    return reject('larger than 1 MiB');
  }
  try {
    message = decode(raw);
  } catch {
    return reject('not JSON in UTF-8');
  }
  const version = (message as { version?: unknown } | null)?.version ?? KNOWN_VERSION;
  if (version !== KNOWN_VERSION) return reject('unknown version');
  const { data: wire, error } = wireTask.safeParse(message);
  if (error !== undefined) return reject(firstIssue(error));
  if (
    wire.image_urls.length >
    (wire.channel === 'b2b' ? Math.min(MAX_IMAGES_B2B, maxImages) : maxImages)
  ) {
    return reject('too many images', new TaskError('INVALID_IMAGE', { detail: 'too_many' }));
  }
  return {
    channel: wire.channel,
    ownerId: wire.channel === 'b2b' ? wire.store_id : wire.user_id,
    sessionId: wire.session_id,
    taskId: wire.task_id,
    imageUrls: wire.image_urls,
    prompt: cleanPrompt(wire.prompt),
    requestId: wire.request_id,
    createdAt: new Date(Math.min(Date.parse(wire.created_at), now.getTime())).toISOString(),
  };
}

export function isRejection(parsed: Task | Rejection): parsed is Rejection {
  return 'error' in parsed;
}
