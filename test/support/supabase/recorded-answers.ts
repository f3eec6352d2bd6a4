/** The recorded answers of the real Storage, and the local one's reduced to what can be compared with them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from './raw-storage.ts';

const FILE = '../../fixtures/supabase-exchanges/storage-answers.json';

/** By the name of the request. */
export const RECORDED: Record<string, Record<string, unknown>> = JSON.parse(
  readFileSync(join(import.meta.dirname, FILE), 'utf8'),
).answers;

/** The paths, encoded, of uploads whose answers were recorded, by the name of the request. */
export const ODD_PATHS: Readonly<Record<string, string>> = {
  'name spaces': 'c/a%20b.jpg',
  'name umlaut': 'c/%C3%BCber.jpg',
  'name emoji': 'c/%F0%9F%98%80.jpg',
  'name cjk': 'c/%E8%AF%95%E8%A1%A3.jpg',
  'name %2F': 'c%2Fslash.jpg',
  'name %252F': 'c/a%252Fb.jpg',
  'name double slash': 'c//dd.jpg',
  'name dot-dot enc': 'c/%2E%2E/%2E%2E/x.jpg',
  'name dot-dot': 'c/../../x.jpg',
  'name ..%2F': '..%2F..%2Foutside.jpg',
  'name plus': 'c/a+b.jpg',
  'name question enc': 'c/a%3Fb.jpg',
  'name hash enc': 'c/a%23b.jpg',
  'name percent': 'c/a%25b.jpg',
  'name brackets': 'c/a%5Bb%5D.jpg',
  'name tilde': 'c/a~b.jpg',
  'name backslash': 'c/a%5Cb.jpg',
  'name null': 'c/a%00b.jpg',
  'name newline': 'c/a%0Ab.jpg',
  'name quote': 'c/a%27b%22.jpg',
  'name bad percent': 'c/a%zz.jpg',
  'name trailing slash': 'c/t/',
  'name leading dot': 'c/.hidden',
  'name 255 name': `c/${'n'.repeat(251)}.jpg`,
  'name 256+ name': `c/${'n'.repeat(296)}.jpg`,
  'name 1000 chars': `c/${`${'d'.repeat(99)}/`.repeat(9)}${'e'.repeat(93)}.jpg`,
  'name 1024+ chars': `c/${`${'d'.repeat(99)}/`.repeat(11)}e.jpg`,
  'name a file as folder': 'c/new.jpg/x.jpg',
};

/** What differs by nature: ids, times, versions, the real server's folder of a tenant, the prefix of the gateway. */
export function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '<uuid>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, '<date>')
    .replaceAll(/[\da-f]{32}/g, '<md5>')
    .replaceAll('undefined/stub/', '')
    .replaceAll('/<uuid> contains dot', ' contains dot')
    .replaceAll('/storage/v1', '');
  return JSON.parse(text);
}

/** An answer, reduced to what was recorded of it. */
export function asFarAsRecorded(answer: Answer, expected: Record<string, unknown>): unknown {
  const { status, text } = answer;
  const body = /^[[{]/.test(text) ? JSON.parse(text) : text;
  const seen: Record<string, unknown> = { ...(typeof body === 'object' ? body : {}), status, body };
  if (Array.isArray(body)) {
    seen.names = body.map(({ name }) => name);
    seen.keys = Object.keys(body[0] ?? {})
      .sort()
      .join();
  }
  seen.headers = Object.fromEntries(
    Object.keys(expected.headers ?? {}).map((name) => [name, answer.headers[name]]),
  );
  return Object.fromEntries(Object.keys(expected).map((key) => [key, seen[key]]));
}
