/** Requests to the local Storage as they go over the wire, without a client that corrects them. */
import { request as rawRequest } from 'node:http';
import { BUCKET, type LocalStack } from '../../../local/stack.ts';

export interface Answer {
  readonly status: number;
  /** Of an image only how many bytes it has. */
  readonly text: string;
  readonly headers: Record<string, string>;
}

export interface Sent {
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

/** Sends the path as it stands: fetch would resolve `..`. */
function send(
  { url: base, serviceRoleKey }: Server,
  [method, path, sent = {}]: Request,
): Promise<Answer> {
  const key = sent.key === undefined ? serviceRoleKey : sent.key;
  const body = sent.json === undefined ? sent.bytes : JSON.stringify(sent.json);
  const headers = {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(sent.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...sent.headers,
  };
  const url = new URL(base);
  const target = { host: url.hostname, port: url.port, path: `/storage/v1${path}` };
  return new Promise((resolve, reject) => {
    const request = rawRequest({ ...target, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const isImage = /^image/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          text: isImage && bytes.length > 0 ? `<${bytes.length} bytes>` : bytes.toString(),
          headers: response.headers as Record<string, string>,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

type Server = Pick<LocalStack['supabase'], 'url' | 'serviceRoleKey'>;
type Request = readonly [method: string, path: string, sent?: Sent];

export const PICTURE = new Uint8Array(4717).fill(9);
export const JPEG = { 'content-type': 'image/jpeg' };
export const object = (path: string) => `/object/${BUCKET}/${path}`;

/** With the service key, unless `sent` has another or, as null, none. */
export function rawStorage(server: Server) {
  const ask = (...request: Request) => send(server, request);
  const sign = (path: string, json: unknown = { expiresIn: 21_600 }) =>
    ask('POST', `/object/sign/${BUCKET}/${path}`, { json });
  return {
    send: ask,
    sign,
    upload: (path: string, headers: Record<string, string> = JPEG, bytes = PICTURE) =>
      ask('POST', object(path), { headers, bytes }),
    list: (json: unknown, bucket = BUCKET) => ask('POST', `/object/list/${bucket}`, { json }),
    remove: (prefixes: string[], bucket = BUCKET) =>
      ask('DELETE', `/object/${bucket}`, { json: { prefixes } }),
    /** Path and query of a link to the object. */
    async link(path: string, expiresIn = 21_600): Promise<string> {
      const { signedURL } = JSON.parse((await sign(path, { expiresIn })).text);
      return encodeURI(signedURL);
    },
  };
}
