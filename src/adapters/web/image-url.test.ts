import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TaskError } from '../../errors.ts';
import { MAX_LINK_CHARACTERS } from '../../images/link.ts';
import { readImageUrl } from './image-url.ts';

const RULES = { trustedOrigins: ['http://127.0.0.1:54321'], hostAllowlist: null };

/** Whether the link is refused, and with nothing but the catalogue's error. */
function isRefused(link: string): boolean {
  try {
    const { url, trusted } = readImageUrl(link, RULES);
    assert.equal(trusted, url.origin === RULES.trustedOrigins[0]);
    assert.deepEqual([url.username, url.password], ['', '']);
    assert.notEqual(url.hostname, '');
    if (!trusted) assert.deepEqual([url.protocol, url.port], ['https:', '']);
    return false;
  } catch (error) {
    assert.ok(
      error instanceof TaskError && error.message === 'INVALID_IMAGE (refused)',
      `${error}`,
    );
    return true;
  }
}

describe('readImageUrl', () => {
  it('accepts https links on the standard port, and trusted origins', () => {
    assert.ok(!isRefused('https://shop.example/a.jpg?token=x#part'));
    assert.ok(!isRefused('https://shop.example:443/a.jpg'));
    assert.ok(!isRefused('http://127.0.0.1:54321/storage/a.jpg'));
    assert.ok(isRefused('http://127.0.0.1:54322/storage/a.jpg'));
    assert.ok(isRefused('http://shop.example/a.jpg'));
  });

  it('trusts only what is below the path of a trusted origin that has one', () => {
    const rules = { trustedOrigins: ['http://10.0.0.1:8000/supabase'], hostAllowlist: null };
    const link = (path: string) => readImageUrl(`http://10.0.0.1:8000${path}`, rules);
    assert.ok(link('/supabase/storage/v1/object/a.jpg').trusted);
    assert.ok(link('/supabase/storage/v1/object/a%2Fb.jpg?token=%2F..').trusted);
    for (const path of [
      '/a.jpg',
      '/supabase-b/a.jpg',
      '/supabase/../a.jpg',
      '/supabase/%2e%2e/a.jpg',
      '/supabase/..%2Fa.jpg',
      '/supabase/%2e%2e%5ca.jpg',
    ])
      assert.throws(() => link(path), { code: 'INVALID_IMAGE' }, path);
  });

  it('refuses credentials even for trusted origins', () => {
    assert.ok(isRefused('http://user:password@127.0.0.1:54321/a.jpg'));
    assert.ok(isRefused('http://@127.0.0.1:54321/a.jpg'));
  });

  it('takes links up to its limit, and signed ones of 2,400 characters', () => {
    const link = (length: number) => 'https://shop.example/'.padEnd(length, 'a');
    assert.ok(!isRefused(link(2_400)));
    assert.ok(!isRefused(link(MAX_LINK_CHARACTERS)));
    assert.ok(isRefused(link(MAX_LINK_CHARACTERS + 1)));
  });

  it('tolerates white space around a link and spaces inside, nothing else', () => {
    const { url } = readImageUrl(' \n https://shop.example/my photo.jpg?a=b c\r\n', RULES);
    assert.equal(url.href, 'https://shop.example/my%20photo.jpg?a=b%20c');
    assert.ok(isRefused('https://shop.example/a\tb.jpg'));
    assert.ok(isRefused('https://shop.example/a.jpg\nx'));
    assert.ok(isRefused('https://shop .example/a.jpg'));
    assert.ok(isRefused('https: //shop.example/a.jpg'));
  });

  it('takes only the hosts of the allowlist when there is one', () => {
    const rules = { ...RULES, hostAllowlist: ['cdn.example'] };
    assert.equal(readImageUrl('https://CDN.example/a.jpg', rules).url.hostname, 'cdn.example');
    assert.equal(readImageUrl('http://127.0.0.1:54321/a.jpg', rules).trusted, true);
    for (const host of [
      'shop.example',
      'a.cdn.example',
      'cdn.example.',
      'cdn.example.evil.example',
    ]) {
      assert.throws(() => readImageUrl(`https://${host}/a.jpg`, rules), { detail: 'refused' });
    }
  });

  it('keeps its guarantees for any text', () => {
    const scheme = fc.constantFrom(
      'https://',
      'http://',
      'https:',
      'HTTPS:\\\\',
      '//',
      'ftp://',
      '',
    );
    const user = fc.constantFrom('', '@', 'a@', 'a:b@', ':@', '127.0.0.1:54321@');
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
      fc.string(),
    );
    const port = fc.constantFrom('', ':', ':443', ':80', ':54321', ':0', ':99999');
    const rest = fc.oneof(fc.webPath(), fc.string(), fc.string({ unit: 'binary' }));
    const link = fc.tuple(scheme, user, host, port, rest).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(link, fc.webUrl(), fc.string()), (text) => void isRefused(text)),
      { numRuns: 10_000 },
    );
  });

  it('sees through every spelling with user information', () => {
    const blank = fc.constantFrom('', '@', '%40', ':', '/', '?', '#');
    fc.assert(
      fc.property(blank, blank, (before, after) => {
        const link = `https://shop.example${before}@${after}127.0.0.1/a.jpg`;
        return isRefused(link) || new URL(link).hostname === 'shop.example';
      }),
    );
  });
});
