/** Whose word about the client's address is taken: that of the proxies which are named, and no one else's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, readConfig } from '../../src/config.ts';
import { createServer } from '../../src/http/server.ts';

const PROXY = '172.18.0.5';
const STRANGER = '198.51.100.7';
const CLIENT = '203.0.113.9';

/** The address that limits are counted for, when `peer` connects and says `forwardedFor`. */
async function clientOf(
  trustedProxies: readonly string[],
  peer: string,
  forwardedFor: string,
): Promise<string> {
  const onError = (error: Error) => {
    throw error;
  };
  await using server = await createServer(onError, { trustedProxies });
  server.get('/who', async ({ ip }) => ip);
  const headers = { 'x-forwarded-for': forwardedFor };
  return (await server.inject({ url: '/who', headers, remoteAddress: peer })).body;
}

describe('the client of a request', () => {
  it('is whom a trusted proxy names', async () => {
    assert.equal(await clientOf(['172.16.0.0/12'], PROXY, CLIENT), CLIENT);
    assert.equal(await clientOf([PROXY], PROXY, CLIENT), CLIENT);
    assert.equal(await clientOf(['fd00::/8'], 'fd00::5', '2001:db8::1'), '2001:db8::1');
  });

  it('is the peer itself when the peer is no trusted proxy, whatever it says', async () => {
    assert.equal(await clientOf(['172.16.0.0/12'], STRANGER, CLIENT), STRANGER);
    assert.equal(await clientOf([], PROXY, CLIENT), PROXY);
  });

  it('is the last untrusted one when a client sends the header itself', async () => {
    assert.equal(await clientOf([PROXY], PROXY, `192.0.2.1, ${CLIENT}`), CLIENT);
    assert.equal(await clientOf([PROXY], PROXY, `${PROXY}, ${CLIENT}`), CLIENT);
  });
});

describe('TRUSTED_PROXIES', () => {
  const read = (TRUSTED_PROXIES: string) =>
    readConfig({
      SUPABASE_URL: 'https://example.supabase.co',
      SUPABASE_SERVICE_ROLE_KEY: 'key',
      OPENAI_API_KEY: 'sk-key',
      TRUSTED_PROXIES,
    }).trustedProxies;

  it('is empty by default, and takes addresses and networks', () => {
    assert.deepEqual(read(''), []);
    assert.deepEqual(read('10.0.0.0/8, fd00::/8,127.0.0.1,::1'), [
      '10.0.0.0/8',
      'fd00::/8',
      '127.0.0.1',
      '::1',
    ]);
  });

  it('refuses names, odd spellings, and a network of everyone', async () => {
    for (const wrong of ['nginx', '10.1', '10.0.0.0/33', '0.0.0.0/0', '::/0', '10.0.0.0/', '1/8']) {
      assert.throws(() => read(wrong), ConfigError, wrong);
    }
    const trustedProxies = read('10.0.0.0/8,::1/128');
    await createServer(() => undefined, { trustedProxies }).then((server) => server.close());
  });
});
