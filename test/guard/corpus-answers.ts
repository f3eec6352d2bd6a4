/**
 * Answers of hosts that are broken or mean harm, and what a download must end with.
 */

import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

export interface HostileAnswer {
  readonly why: string;
  readonly answer: RequestListener;
  readonly ends: string;
  /** For an answer that never ends by itself. */
  readonly timeoutMs?: number;
}

/** The fetcher of the tests reads this much and no more. */
export const MAX_BYTES = 100_000;

/** The first bytes of a JPEG. */
export const JPEG_HEAD = Buffer.from('ffd8ffe000104a464946000101', 'hex');
const JPEG = { 'content-type': 'image/jpeg' };

const ENCODED = 'INVALID_IMAGE (encoded)';
const NO_PICTURE = 'INVALID_IMAGE (no_picture)';
const REFUSED = 'INVALID_IMAGE (refused)';
const TOO_LARGE = 'INVALID_IMAGE (too_large)';
const UNSUPPORTED = 'INVALID_IMAGE (unsupported)';
const UNREADABLE = 'INVALID_IMAGE (unreadable)';
const UNREACHABLE = 'INVALID_IMAGE (unreachable)';
const BROKEN = 'IMAGE_UNAVAILABLE (connection)';
const TIMEOUT = 'IMAGE_UNAVAILABLE (timeout)';

function redirect(status: number, location: string): HostileAnswer {
  return {
    why: `${status} to ${location}`,
    answer: (_, response) => response.writeHead(status, { location, ...JPEG }).end(JPEG_HEAD),
    ends: REFUSED,
  };
}

/** Headers and a body which Node's server writes as they are. */
function body(
  why: string,
  headers: Record<string, string | string[]>,
  bytes: Buffer | string,
  ends: string,
): HostileAnswer {
  return { why, answer: (_, response) => response.writeHead(200, headers).end(bytes), ends };
}

/** Bytes on the wire, past Node's server. */
function raw(why: string, text: string, ends: string): HostileAnswer {
  return { why, answer: (request) => request.socket.end(text, 'latin1'), ends };
}

/** Writes `piece()` as fast as it is read, until the connection is closed. */
function pour(response: ServerResponse, piece: () => Buffer | string): void {
  const more = () => {
    while (!response.destroyed && response.write(piece()));
  };
  response.on('drain', more).on('error', () => {});
  more();
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';
const ZEROS = Buffer.alloc(20_000_000);

const REDIRECTS = [
  redirect(301, 'http://169.254.169.254/latest/meta-data/'),
  redirect(302, 'http://169.254.169.254/latest/meta-data/'),
  redirect(303, 'https://127.0.0.1/'),
  redirect(307, 'http://localhost:6379/'),
  redirect(308, 'file:///etc/passwd'),
  redirect(302, '//127.0.0.1/'),
  redirect(302, '/elsewhere.jpg'),
  redirect(302, 'https://shop.example/a.jpg'),
  redirect(300, 'https://127.0.0.1/'),
  redirect(304, 'https://127.0.0.1/'),
];

/** An answer that says it is a JPEG with this content coding. */
const coded = (why: string, coding: string, bytes: Buffer, ends = ENCODED) =>
  body(why, { ...JPEG, 'content-encoding': coding }, bytes, ends);

const PACKED = [
  coded('a gzip bomb', 'gzip', gzipSync(ZEROS)),
  coded('a brotli bomb', 'br', brotliCompressSync(ZEROS)),
  coded('a deflate bomb', 'deflate', deflateSync(ZEROS)),
  coded('gzip twice', 'gzip, gzip', gzipSync(JPEG_HEAD)),
  coded('zstd', 'zstd', JPEG_HEAD),
  coded('an old name', 'x-gzip', JPEG_HEAD),
  coded('capital letters', 'GZip', JPEG_HEAD),
  coded('identity and gzip', 'identity, gzip', JPEG_HEAD),
  coded('nonsense and gzip', 'aws-chunked,gzip', JPEG_HEAD),
  coded('a bomb that is called base64', 'base64', gzipSync(ZEROS), UNSUPPORTED),
  body('gzip without saying so', JPEG, gzipSync(JPEG_HEAD), UNSUPPORTED),
];

const typed = (why: string, type: string, bytes: Buffer | string, ends: string) =>
  body(why, { 'content-type': type }, bytes, ends);

const NO_PICTURES = [
  typed('HTML', 'text/html', '<html></html>', NO_PICTURE),
  typed('HTML in UTF-16', 'text/html', Buffer.from('<html>', 'utf16le'), NO_PICTURE),
  body('HTML as image', JPEG, '\ufeff<html><body>Größe nicht gefunden</body></html>', NO_PICTURE),
  body('HTML without a type', {}, '<!doctype html><title>Sign in</title>', NO_PICTURE),
  typed('an endless page', 'text/html', '<p>'.repeat(1_000_000), NO_PICTURE),
  typed('JSON', 'application/json', '{"AccessKeyId":"A"}', NO_PICTURE),
  body('credentials as image', JPEG, '{"AccessKeyId":"A"}', NO_PICTURE),
  typed('an XML error', 'application/xml', '<?xml version="1.0"?><Error/>', NO_PICTURE),
  typed('words', 'text/plain', 'Not found', NO_PICTURE),
];

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>';
const OTHER_FORMATS = [
  typed('octets', 'application/octet-stream', '\u0000\u0001\u0002', UNSUPPORTED),
  typed('SVG', 'image/svg+xml', SVG, UNSUPPORTED),
  typed('GIF', 'image/gif', 'GIF89a\x01\x00\x01\x00', UNSUPPORTED),
  typed('TIFF', 'image/tiff', 'II*\x00\x08\x00\x00\x00', UNSUPPORTED),
  body('PDF as image', JPEG, '%PDF-1.7', UNSUPPORTED),
  body('half of the magic bytes', JPEG, Buffer.from('89504e', 'hex'), UNSUPPORTED),
  body('no bytes', JPEG, '', UNREADABLE),
];

const TOO_LONG: HostileAnswer[] = [
  {
    why: 'an announced length over the limit',
    answer: (_, response) => {
      response.writeHead(200, { ...JPEG, 'content-length': String(MAX_BYTES + 1) });
      response.flushHeaders();
    },
    ends: TOO_LARGE,
  },
  raw('an absurd length', `${OK}Content-Length: 9007199254740993\r\n\r\n`, TOO_LARGE),
  body(
    'one byte over the limit',
    JPEG,
    Buffer.concat([JPEG_HEAD, Buffer.alloc(MAX_BYTES - JPEG_HEAD.length + 1)]),
    TOO_LARGE,
  ),
  {
    why: 'an endless body',
    answer: (_, response) => {
      response.writeHead(200, JPEG);
      pour(response, () => JPEG_HEAD);
    },
    ends: TOO_LARGE,
  },
  {
    why: 'a body until the connection closes',
    answer: (request) => {
      request.socket.on('error', () => {});
      request.socket.write('HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n');
      request.socket.end(Buffer.alloc(1_000_000, JPEG_HEAD));
    },
    ends: TOO_LARGE,
  },
];

const LIES = [
  raw('a length that is too long', `${OK}Content-Length: 999\r\n\r\n\xff\xd8\xff\xe0`, BROKEN),
  raw('a negative length', `${OK}Content-Length: -1\r\n\r\n\xff\xd8\xff`, UNREACHABLE),
  raw('two lengths', `${OK}Content-Length: 3\r\nContent-Length: 9\r\n\r\n\xff\xd8\xff`, BROKEN),
  raw(
    'a length and chunks',
    `${OK}Content-Length: 3\r\n${CHUNKED}3\r\n\xff\xd8\xff\r\n0\r\n\r\n`,
    BROKEN,
  ),
  raw('a chunk of a size that is no number', `${OK}${CHUNKED}zz\r\n`, UNREACHABLE),
  raw('chunks without an end', `${OK}${CHUNKED}3\r\n\xff\xd8\xff\r\n`, BROKEN),
  raw('no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', UNREACHABLE),
  raw('no status', 'HTTP/1.1\r\n\r\n', UNREACHABLE),
  raw('a line break in a header', `${OK}X: a\rb\x00\r\n\r\n`, UNREACHABLE),
  raw('nothing', '', BROKEN),
  raw(
    'headers without end',
    `HTTP/1.1 200 OK\r\n${`X: ${'a'.repeat(1_000)}\r\n`.repeat(100)}`,
    UNREACHABLE,
  ),
  raw(
    'an upgrade that no one asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\n',
    BROKEN,
  ),
];

/** An answer that never ends by itself. */
const slow = (why: string, answer: RequestListener): HostileAnswer => ({
  why,
  answer,
  ends: TIMEOUT,
  timeoutMs: 100,
});

/** Writes the text again and again, past Node's server. */
function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text, 'latin1'), 5);
  socket.on('close', () => clearInterval(timer)).on('error', () => {});
}

const SLOW = [
  slow('no answer', () => {}),
  slow('headers, then nothing', (_, response) => response.writeHead(200, JPEG).flushHeaders()),
  slow('a drip of bytes', ({ socket }) => {
    socket.write(`${OK}\r\n`);
    drip(socket, JPEG_HEAD.toString('latin1', 0, 1));
  }),
  slow('a drip of headers', ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    drip(socket, 'X: a\r\n');
  }),
  slow('endless early hints', ({ socket }) => drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n')),
];

export const HOSTILE_ANSWERS: readonly HostileAnswer[] = [
  ...REDIRECTS,
  ...PACKED,
  ...NO_PICTURES,
  ...OTHER_FORMATS,
  ...TOO_LONG,
  ...LIES,
  ...SLOW,
];

/** Headers that are wrong about a good picture, which is taken all the same. */
export const WRONG_HEADERS: readonly Record<string, string>[] = [
  {},
  { 'content-type': '' },
  { 'content-type': 'application/octet-stream' },
  { 'content-type': 'binary/octet-stream' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'text/html; image/jpeg' },
  { 'content-type': 'image/gif' },
  { ...JPEG, 'content-encoding': '' },
  { ...JPEG, 'content-encoding': 'identity' },
  { ...JPEG, 'content-encoding': 'base64' },
  { ...JPEG, 'content-encoding': 'UTF-8' },
  { ...JPEG, 'content-encoding': 'aws-chunked' },
  { 'content-type': 'binary/octet-stream', 'content-encoding': 'aws-chunked, identity' },
];
