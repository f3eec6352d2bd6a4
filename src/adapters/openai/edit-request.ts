/**
 * The request of `images/edits`: a multipart form (RFC 7578) that is there only while it is sent.
 * `FormData` would hold each photo three times while the image model draws.
 */
import { randomUUID } from 'node:crypto';
import type { NamedImage } from '../../ports/image-provider.ts';

/** Of the API, under its `/v1`. */
export const EDITS_PATH = '/images/edits';

export type EditFields = Readonly<Record<string, string | number | boolean>>;

export interface EditRequest {
  readonly body: ReadableStream<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The form with these fields and photos; their names are our own and need no escapes. */
export function editRequest(fields: EditFields, images: readonly NamedImage[]): EditRequest {
  const boundary = `wearon-${randomUUID()}`;
  const start = (name: string, more = '') =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const texts = Object.entries(fields).map(
    ([name, value]) => `${start(name)}${withFormLines(String(value))}\r\n`,
  );
  const photos = images.flatMap(({ name, jpeg }) => [
    Buffer.from(start('image[]', `; filename="${name}"\r\nContent-Type: image/jpeg`)),
    jpeg,
    Buffer.from('\r\n'),
  ]);
  const parts = [Buffer.from(texts.join('')), ...photos, Buffer.from(`--${boundary}--\r\n`)];
  // In one write to the connection: a vendor that refuses a request early closes it, and a second
  // write would fail before the answer is read.
  const whole = Buffer.concat(parts);
  return {
    body: ReadableStream.from([whole]),
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(whole.byteLength),
    },
  };
}

/** Line breaks as browsers send them in forms (HTML, "Constructing the entry list"). */
function withFormLines(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}
