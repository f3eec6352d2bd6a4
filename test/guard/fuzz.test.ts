/**
 * The guard against what no one thought of: messages of any shape, links to denied addresses in
 * random spellings, and pictures with random damage.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { WebImageFetcher } from '../../src/adapters/web/image-fetcher.ts';
import { Semaphore } from '../../src/concurrency/semaphore.ts';
import { TaskError } from '../../src/errors.ts';
import type { SessionRef } from '../../src/ports/session.ts';
import { prepareImage } from '../../src/tryon/resize.ts';
import { isRejection, parseTask } from '../../src/tryon/task.ts';
import { DENIED_ADDRESSES } from './corpus-addresses.ts';

const NEVER = new AbortController().signal;

/** One number as decimal, hexadecimal or octal, as `inet_aton` and URL parsers read them. */
const spelled = (value: number) =>
  fc.constantFrom(
    String(value),
    `0x${value.toString(16)}`,
    `0X${value.toString(16).toUpperCase()}`,
    `0${value.toString(8)}`,
    `000${value.toString(8)}`,
  );

/** An IPv4 address in one to four numbers. */
const spelledIpv4 = (ip: string) =>
  fc.integer({ min: 1, max: 4 }).chain((parts) => {
    const bytes = ip.split('.').map(Number);
    const first = bytes.slice(0, parts - 1);
    const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);
    return fc.tuple(...[...first, last].map(spelled)).map((numbers) => numbers.join('.'));
  });

/** The same text with some characters as full-width forms, percent codes or other full stops. */
const disguised = (text: string) =>
  fc
    .tuple(...[...text].map((character) => fc.constantFrom(...disguises(character))))
    .map((characters) => characters.join(''));

function disguises(character: string): string[] {
  const code = character.charCodeAt(0);
  const percent = `%${code.toString(16)}`;
  if (character === '.') return ['.', '。', '．', '｡', percent];
  return [character, character, String.fromCharCode(code + 0xfee0), percent];
}

describe('the guard, against random spellings', () => {
  it('opens no link to a denied IPv4 address, however it is spelled', async () => {
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: async () => ['10.0.0.1'],
      dial: () => assert.fail('bypass'),
    });
    const denied = fc.constantFrom(...DENIED_ADDRESSES.filter((ip) => !ip.includes(':')));
    const host = denied.chain(spelledIpv4).chain(disguised);
    const dot = fc.constantFrom('', '.', '。');
    await fc.assert(
      fc.asyncProperty(host, dot, async (spelling, end) => {
        const link = `https://${spelling}${end}/a.jpg`;
        await assert.rejects(fetcher.fetch(link, { timeoutMs: 60_000, signal: NEVER }), {
          message: 'INVALID_IMAGE (refused)',
        });
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the preparation of images, against random damage', () => {
  it('ends with a small JPEG or with the error for bad images', async () => {
    const memory = new Semaphore(1);
    const photo = await somePhoto();
    const whole = await Promise.all([
      photo.clone().jpeg().toBuffer(),
      photo.clone().jpeg({ progressive: true }).toBuffer(),
      photo.clone().png().toBuffer(),
      photo.clone().png({ progressive: true, palette: true }).toBuffer(),
      photo.clone().webp().toBuffer(),
      photo.clone().webp({ lossless: true }).toBuffer(),
    ]);
    const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
      maxLength: 8,
    });
    const share = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...whole), damage, share, async (bytes, changes, kept) => {
        const damaged = Buffer.from(bytes.subarray(0, Math.ceil(bytes.length * kept)));
        // Squared, so that the header gets most of it.
        for (const [at, byte] of changes) damaged[Math.floor(at * at * damaged.length)] = byte;
        await assertPreparedOrRefused(damaged, memory);
      }),
      { numRuns: 400 },
    );
  });
});

async function assertPreparedOrRefused(bytes: Buffer, memory: Semaphore): Promise<void> {
  try {
    const { format, width, height } = await sharp(
      await prepareImage(bytes, memory, NEVER),
    ).metadata();
    assert.ok(format === 'jpeg' && Math.max(width, height) <= 1024);
  } catch (error) {
    assert.ok(error instanceof TaskError && error.code === 'INVALID_IMAGE', `${error}`);
  }
}

async function somePhoto() {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const create = { width: 96, height: 72, channels: 3, background: 'red', noise } as const;
  return sharp(await sharp({ create }).png().toBuffer()).withExif({ IFD0: { Artist: 'A' } });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_IMAGES = 16;
const NOW = new Date('2026-11-24T12:00:00Z');

/** Whatever it says, it says it in checked words. */
function assertSane(raw: Uint8Array): void {
  const parsed = parseTask(raw, MAX_IMAGES, NOW);
  if (isRejection(parsed)) {
    assert.match(parsed.reason, /^[\w .:-]{1,80}$/);
    if (parsed.salvaged !== null) assertIds(parsed.salvaged);
    return;
  }
  assertIds(parsed);
  assert.ok(parsed.imageUrls.length >= 1 && parsed.imageUrls.length <= MAX_IMAGES);
  assert.ok(Date.parse(parsed.createdAt) <= NOW.getTime());
}

function assertIds({ channel, ownerId, sessionId }: SessionRef): void {
  assert.ok(channel === 'b2b' || channel === 'b2c');
  assert.match(ownerId, UUID);
  assert.match(sessionId, UUID);
}

const VALID = {
  task_id: '11111111-1111-4111-8111-111111111111',
  channel: 'b2b',
  store_id: '22222222-2222-4222-8222-222222222222',
  session_id: '33333333-3333-4333-8333-333333333333',
  image_urls: ['https://example.com/a.jpg'],
  prompt: 'a prompt',
  request_id: 'req_1',
  version: 1,
  created_at: '2026-11-24T11:59:00.000Z',
};

describe('the parser of tasks, against messages of any shape', () => {
  const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '');

  it('takes the message that the others are made from', () => {
    assert.equal(isRejection(parseTask(bytesOf(VALID), MAX_IMAGES, NOW)), false);
  });

  it('answers any bytes and any JSON with a task or a reason', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), assertSane));
    fc.assert(fc.property(fc.json(), (text) => assertSane(Buffer.from(text))));
  });

  it('accepts no malformed id, date or list in any field', () => {
    const names = fc.constantFrom(...Object.keys(VALID), 'user_id', '__proto__', 'constructor');
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.constantFrom('b2c', 'B2B', '../../etc/passwd', '%2e%2e', '9999-12-31T23:59:59Z', 1e308),
      fc.array(fc.webUrl(), { maxLength: 20 }),
    );
    const changed = fc.dictionary(names, value, { maxKeys: 4, noNullPrototype: true });
    fc.assert(
      fc.property(changed, (fields) => assertSane(bytesOf({ ...VALID, ...fields }))),
      { numRuns: 2000 },
    );
  });

  it('reads a damaged message as no task, or as the task it still is', () => {
    const whole = bytesOf(VALID);
    const damage = fc.record({
      at: fc.nat(whole.length - 1),
      byte: fc.nat(255),
      length: fc.integer({ min: 0, max: whole.length }),
    });
    fc.assert(
      fc.property(damage, ({ at, byte, length }) => {
        const damaged = Buffer.from(whole.subarray(0, length));
        if (at < length) damaged[at] = byte;
        assertSane(damaged);
      }),
      { numRuns: 1000 },
    );
  });
});
