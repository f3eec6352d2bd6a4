import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../config.ts';
import { openFetchers } from './fetchers.ts';

/** Whether sizes and tasks may open the link; nothing is connected to. */
async function allowed(link: string, env: Record<string, string>) {
  const config = readConfig({
    SUPABASE_URL: 'https://abcd.supabase.co',
    SUPABASE_SERVICE_ROLE_KEY: 'key',
    OPENAI_API_KEY: 'sk-key',
    ...env,
  });
  await using stack = new AsyncDisposableStack();
  const { fetcher, sizingFetcher } = openFetchers(config, stack);
  const isAllowed = async (of: typeof fetcher) => {
    // Past the rules of the link, the fetch ends at its time limit, before a name is resolved.
    const error = await of
      .fetch(link, { timeoutMs: 0, signal: new AbortController().signal })
      .catch((reason) => reason);
    return error.detail !== 'refused';
  };
  return { sizes: await isAllowed(sizingFetcher), tasks: await isAllowed(fetcher) };
}

describe('the hosts of photos', () => {
  it('are Supabase, its subdomains and trusted origins for sizes by default', async () => {
    const env = { IMAGE_TRUSTED_ORIGINS: 'http://127.0.0.1:9' };
    for (const link of [
      'https://abcd.supabase.co/a.jpg',
      'https://storage.abcd.supabase.co/a.jpg',
      'http://127.0.0.1:9/a.jpg',
    ]) {
      assert.deepEqual(await allowed(link, env), { sizes: true, tasks: true }, link);
    }
    for (const link of [
      'https://shop.example/a.jpg',
      'https://supabase.co/a.jpg',
      'https://xabcd.supabase.co/a.jpg',
      'https://abcd.supabase.co.evil.example/a.jpg',
    ]) {
      assert.deepEqual(await allowed(link, env), { sizes: false, tasks: true }, link);
    }
  });

  it('are extended for sizes by ESTIMATE_BODY_HOSTS', async () => {
    const env = { ESTIMATE_BODY_HOSTS: 'Shop.example, cdn.example' };
    assert.equal((await allowed('https://shop.example/a.jpg', env)).sizes, true);
    assert.equal((await allowed('https://abcd.supabase.co/a.jpg', env)).sizes, true);
    assert.equal((await allowed('https://a.shop.example/a.jpg', env)).sizes, false);
  });

  it('are those of tasks when ESTIMATE_BODY_HOSTS is *', async () => {
    const any = { ESTIMATE_BODY_HOSTS: '*' };
    assert.deepEqual(await allowed('https://shop.example/a.jpg', any), {
      sizes: true,
      tasks: true,
    });
    const listed = { ...any, IMAGE_HOST_ALLOWLIST: 'cdn.example' };
    assert.deepEqual(await allowed('https://shop.example/a.jpg', listed), {
      sizes: false,
      tasks: false,
    });
  });
});
