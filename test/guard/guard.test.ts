/**
 * Everything hostile that we could think of, against the guard as it is composed for production.
 * Nothing here can reach anything: names are resolved by the test, and whatever the guard would
 * connect to is led to a host on the loopback interface, where it counts as a bypass.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebImageFetcher } from '../../src/adapters/web/image-fetcher.ts';
import { Semaphore } from '../../src/concurrency/semaphore.ts';
import { TaskError } from '../../src/errors.ts';
import { isPublicAddress } from '../../src/public-address.ts';
import { prepareImage } from '../../src/tryon/resize.ts';
import { type Dialled, dialTo, startHttpHost } from '../support/network/http-host.ts';
import { DENIED_ADDRESSES, PUBLIC_ADDRESSES } from './corpus-addresses.ts';
import { HOSTILE_ANSWERS, JPEG_HEAD, MAX_BYTES, WRONG_HEADERS } from './corpus-answers.ts';
import { HOSTILE_FILES } from './corpus-files.ts';
import { GOOD_LINKS, HOSTILE_LINKS, HOSTS } from './corpus-links.ts';

const NEVER = new AbortController().signal;
const PUBLIC = '93.184.216.34';

interface Attempt {
  readonly error: unknown;
  readonly dialled: readonly Dialled[];
}

/** Lets the guard try `link` where names lead to `answers`, and tells what it would have connected to. */
async function attempt(link: string, answers: readonly string[]): Promise<Attempt> {
  const dialled: Dialled[] = [];
  await using fetcher = new WebImageFetcher({
    trustedOrigins: ['https://project.supabase.example', 'http://127.0.0.1:54321'],
    hostAllowlist: null,
    resolve: async () => answers,
    dial: (addresses) => (options, callback) => {
      dialled.push({ addresses, hostname: options.hostname, port: options.port });
      callback(new Error('would have connected'), null);
    },
  });
  const options = { timeoutMs: 60_000, signal: NEVER };
  const error = await fetcher.fetch(link, options).then(
    () => null,
    (reason: unknown) => reason,
  );
  return { error, dialled };
}

function hostOf(link: string): string {
  return URL.parse(link)?.hostname ?? '';
}

function assertRefused({ error, dialled }: Attempt, what: string): void {
  assert.deepEqual(dialled, [], `bypass: ${what}`);
  assert.ok(error instanceof TaskError && error.code === 'INVALID_IMAGE', `${what}: ${error}`);
}

const total =
  DENIED_ADDRESSES.length + HOSTILE_LINKS.length + HOSTILE_ANSWERS.length + HOSTILE_FILES.length;

describe(`the guard, on ${total} hostile addresses, links, answers and files`, () => {
  it('has no case twice', () => {
    for (const cases of [DENIED_ADDRESSES, HOSTILE_LINKS, PUBLIC_ADDRESSES, GOOD_LINKS]) {
      assert.equal(new Set(cases).size, cases.length);
    }
    assert.ok(total >= 200);
  });

  it(`refuses ${DENIED_ADDRESSES.length} addresses behind a name, and connects to none`, async () => {
    for (const address of DENIED_ADDRESSES) {
      assert.equal(isPublicAddress(address), false, address);
      assertRefused(await attempt('https://shop.example/a.jpg', [address]), address);
      assertRefused(await attempt('https://shop.example/a.jpg', [PUBLIC, address]), address);
    }
  });

  it('lets public addresses through', async () => {
    for (const address of PUBLIC_ADDRESSES) {
      const { dialled } = await attempt('https://shop.example/a.jpg', [address]);
      assert.deepEqual(dialled[0]?.addresses, [address]);
    }
  });

  it(`refuses ${HOSTILE_LINKS.length} links, and connects to none`, async () => {
    for (const link of HOSTILE_LINKS) {
      assertRefused(await attempt(link, HOSTS[hostOf(link)] ?? [PUBLIC]), link);
    }
  });

  it('lets plain links through', async () => {
    for (const link of GOOD_LINKS) {
      const { dialled, error } = await attempt(link, [PUBLIC]);
      assert.equal(dialled.length, 1, `${link}: ${error}`);
    }
  });

  for (const hostile of HOSTILE_ANSWERS) {
    it(`survives an answer: ${hostile.why}`, async () => {
      await using host = await startHttpHost(hostile.answer);
      const fetcher = new WebImageFetcher({
        trustedOrigins: [],
        hostAllowlist: null,
        maxBytes: MAX_BYTES,
        resolve: async () => [PUBLIC],
        dial: dialTo(host.port),
      });
      const options = { timeoutMs: hostile.timeoutMs ?? 60_000, signal: NEVER };
      const fetching = fetcher.fetch('https://shop.example/a.jpg', options);
      await assert.rejects(fetching, { name: 'TaskError', message: hostile.ends });
      // None where the time was up before: on a busy machine.
      assert.ok(host.connections() <= 1);
      await fetcher[Symbol.asyncDispose]();
      await host.deserted();
    });
  }

  it(`takes a picture with any of ${WRONG_HEADERS.length} wrong headers`, async () => {
    for (const headers of WRONG_HEADERS) {
      await using host = await startHttpHost((_, response) => {
        response.writeHead(200, headers).end(JPEG_HEAD);
      });
      await using fetcher = new WebImageFetcher({
        trustedOrigins: [],
        hostAllowlist: null,
        resolve: async () => [PUBLIC],
        dial: dialTo(host.port),
      });
      const options = { timeoutMs: 60_000, signal: NEVER };
      const bytes = await fetcher.fetch('https://shop.example/a.jpg', options);
      assert.deepEqual(Buffer.from(bytes), JPEG_HEAD, JSON.stringify(headers));
    }
  });

  for (const { why, bytes, detail } of HOSTILE_FILES) {
    it(`refuses a file: ${why}`, async () => {
      const preparing = prepareImage(await bytes(), new Semaphore(1), NEVER);
      await assert.rejects(preparing, { name: 'TaskError', code: 'INVALID_IMAGE', detail });
    });
  }
});

describe('the guard, against a resolver that changes its answer', () => {
  it('connects only to the answer it checked', async () => {
    await using host = await startHttpHost((_, response) => response.writeHead(404).end());
    const answers = [[PUBLIC], ['127.0.0.1'], ['169.254.169.254']];
    const dialled: Dialled[] = [];
    let asked = 0;
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: async () => answers[asked++] ?? [],
      dial: dialTo(host.port, dialled),
    });
    const fetch = () =>
      fetcher.fetch('https://rebinding.example/', { timeoutMs: 60_000, signal: NEVER });
    await assert.rejects(fetch(), { message: 'INVALID_IMAGE (unreachable)' });
    assert.equal(asked, 1, 'resolved once for one connection');
    await assert.rejects(fetch(), { message: 'INVALID_IMAGE (refused)' });
    await assert.rejects(fetch(), { message: 'INVALID_IMAGE (refused)' });
    assert.deepEqual(
      dialled.map(({ addresses }) => addresses),
      [[PUBLIC]],
    );
  });
});

describe('trust, which is for exact origins only', () => {
  const lookalikes = [
    'http://project.supabase.example/a.jpg',
    'https://project.supabase.example:8443/a.jpg',
    'https://project.supabase.example.evil.example/a.jpg',
    'https://evil.example/project.supabase.example/a.jpg',
    'https://evilproject.supabase.example/a.jpg',
    'https://project.supabase.example@evil.example/a.jpg',
    'https://project.supabase.example./a.jpg',
    'https://127.0.0.1:54321/a.jpg',
    'http://127.0.0.1:54322/a.jpg',
    'http://127.0.0.1/a.jpg',
    'http://localhost:54321/a.jpg',
    'http://127.0.0.2:54321/a.jpg',
  ];

  it(`is not given to ${lookalikes.length} lookalikes`, async () => {
    for (const link of lookalikes) {
      assertRefused(await attempt(link, ['10.0.0.1']), link);
    }
  });

  it('and an allowlist lets no other public host through', async () => {
    await using fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: ['cdn.example'],
      resolve: async () => [PUBLIC],
      dial: () => (_options, callback) => callback(new Error('would have connected'), null),
    });
    const fetch = (link: string) => fetcher.fetch(link, { timeoutMs: 60_000, signal: NEVER });
    for (const host of [
      'shop.example',
      'a.cdn.example',
      'cdn.example.evil.example',
      'xcdn.example',
    ]) {
      await assert.rejects(fetch(`https://${host}/a.jpg`), { message: 'INVALID_IMAGE (refused)' });
    }
    await assert.rejects(fetch('https://CDN.example/a.jpg'), { code: 'IMAGE_UNAVAILABLE' });
  });
});
