/**
 * Signatures of the Standard Webhooks specification, version 1 (symmetric):
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto';

/** The specification's bounds of a key, in bytes. */
const KEY_BYTES = { least: 24, most: 64 } as const;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** Ends the sentence "NAME …" for an unusable secret. */
export const SECRET_RULE = `must be whsec_ and ${KEY_BYTES.least} to ${KEY_BYTES.most} random bytes in base64; two of them, with a space between, while one is replaced`;

/** The keys of the secrets in the text, with white space between them. Throws an Error with `SECRET_RULE`. */
export function signingKeysOf(text: string): Uint8Array[] {
  return text.trim().split(/\s+/).map(signingKeyOf);
}

function signingKeyOf(secret: string): Uint8Array {
  const [, base64] = SECRET.exec(secret) ?? [];
  const key = Buffer.from(base64 ?? '', 'base64');
  if (key.length < KEY_BYTES.least || key.length > KEY_BYTES.most) throw new Error(SECRET_RULE);
  return key;
}

interface Message {
  /** The same for every try. */
  readonly id: string;
  readonly body: string;
}

/** The headers of a message that is sent at `at`, signed with every key. */
export function signedHeaders(
  { id, body }: Message,
  signingKeys: readonly Uint8Array[],
  at: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = signingKeys.map((key) => {
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`);
    return `v1,${mac.digest('base64')}`;
  });
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
