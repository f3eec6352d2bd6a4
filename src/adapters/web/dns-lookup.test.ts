import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { describe, it } from 'node:test';
import { startDnsServer } from '../../../test/support/network/dns-server.ts';
import { dnsLookup } from './dns-lookup.ts';

const NEVER = new AbortController().signal;
const NXDOMAIN = 3;
const SERVFAIL = 2;

const RECORDS = {
  'both.example': {
    a: ['93.184.216.34', '10.0.0.1'],
    aaaa: ['26062800022000010000000000000001'],
  },
  'v4.example': { a: ['93.184.216.34'] },
  'v6.example': { aaaa: ['26062800022000010000000000000001'] },
  'no-address.example': {},
  'dangling.example': { cname: 'deleted.example' },
  'gone.example': { rcode: NXDOMAIN },
  'broken.example': { rcode: SERVFAIL },
};

describe('dnsLookup', () => {
  it('gives every IPv4 and IPv6 address of a host', async () => {
    await using dns = await startDnsServer(RECORDS);
    const resolve = dnsLookup({ servers: [dns.address], timeoutMs: 60_000 });
    assert.deepEqual(await resolve('both.example', NEVER), [
      '93.184.216.34',
      '10.0.0.1',
      '2606:2800:220:1::1',
    ]);
    assert.deepEqual(await resolve('v4.example', NEVER), ['93.184.216.34']);
    assert.deepEqual(await resolve('v6.example', NEVER), ['2606:2800:220:1::1']);
  });

  it('distinguishes a missing host from a server that fails', async () => {
    await using dns = await startDnsServer(RECORDS);
    const resolve = dnsLookup({ servers: [dns.address], timeoutMs: 60_000 });
    await assert.rejects(resolve('gone.example', NEVER), { code: 'ENOTFOUND' });
    await assert.rejects(resolve('no-address.example', NEVER), { code: 'ENODATA' });
    await assert.rejects(resolve('dangling.example', NEVER), { code: 'ENODATA' });
    await assert.rejects(resolve('broken.example', NEVER), { code: 'ESERVFAIL' });
    await assert.rejects(resolve(`${'a'.repeat(64)}.example`, NEVER), { code: 'EBADNAME' });
  });

  it('asks for the name as it is, without search domains and /etc/hosts', async () => {
    await using dns = await startDnsServer({ localhost: { rcode: NXDOMAIN } });
    const resolve = dnsLookup({ servers: [dns.address], timeoutMs: 60_000 });
    await assert.rejects(resolve('localhost', NEVER), { code: 'ENOTFOUND' });
    assert.deepEqual([...new Set(dns.asked)], ['localhost']);
  });

  it('gives up a name that is never answered', async () => {
    await using dns = await startDnsServer({});
    const resolve = dnsLookup({ servers: [dns.address], timeoutMs: 60 });
    await assert.rejects(resolve('silent.example', NEVER), ({ code }) =>
      ['ETIMEOUT', 'ECANCELLED'].includes(code),
    );
  });

  it('ends a lookup when its signal aborts', async () => {
    await using dns = await startDnsServer({});
    const resolve = dnsLookup({ servers: [dns.address], timeoutMs: 60_000 });
    const stop = new AbortController();
    const lookingUp = resolve('silent.example', stop.signal);
    stop.abort();
    await assert.rejects(lookingUp, { code: 'ECANCELLED' });
    await assert.rejects(resolve('silent.example', stop.signal), { name: 'AbortError' });
  });

  it('refuses lookups beyond its bound until others have ended', async () => {
    await using dns = await startDnsServer(RECORDS);
    const resolve = dnsLookup({ servers: [dns.address], atOnce: 2, timeoutMs: 60_000 });
    const stop = new AbortController();
    const silent = [1, 2].map((n) => resolve(`silent-${n}.example`, stop.signal));
    await assert.rejects(resolve('v4.example', NEVER), { code: 'IMAGE_UNAVAILABLE' });
    stop.abort();
    await Promise.allSettled(silent);
    assert.deepEqual(await resolve('v4.example', NEVER), ['93.184.216.34']);
  });

  it('leaves the threads of getaddrinfo free while names are not answered', async () => {
    await using dns = await startDnsServer({});
    const resolve = dnsLookup({ servers: [dns.address], timeoutMs: 60_000 });
    const stop = new AbortController();
    const silent = Array.from({ length: 50 }, (_, n) => resolve(`s${n}.example`, stop.signal));
    // Would wait for a thread if the fifty were calls of getaddrinfo, of which four run at once.
    await lookup('localhost');
    stop.abort();
    for (const { status } of await Promise.allSettled(silent)) assert.equal(status, 'rejected');
  });
});
