import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asGroups, DENIED_RANGES, WRAPPINGS } from '../test/guard/corpus-addresses.ts';
import { isPublicAddress } from './public-address.ts';

/** The ranges once more, judged by Node's own block list. */
const DENIED = new BlockList();
for (const [network, prefix] of DENIED_RANGES) {
  DENIED.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
}

/** AS112 and AMT: not on the list above, but no one's hosts either. */
const ALSO_DENIED = /^(192\.175\.48|192\.31\.196|192\.52\.193)\./;

const anyIpv4 = fc.ipV4();
const deniedIpv4 = fc
  .constantFrom(...DENIED_RANGES.filter(([network]) => !network.includes(':')))
  .chain(([network, prefix]) =>
    fc.nat({ max: 2 ** (32 - prefix) - 1 }).map((offset) => {
      const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number);
      const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d + offset;
      return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.');
    }),
  );

describe('isPublicAddress', () => {
  it('agrees with an independent list about every IPv4 address', () => {
    const agrees = (ip: string) =>
      isPublicAddress(ip) === !(DENIED.check(ip) || ALSO_DENIED.test(ip));
    fc.assert(fc.property(anyIpv4, agrees), { numRuns: 5_000 });
    fc.assert(fc.property(deniedIpv4, agrees), { numRuns: 2_000 });
  });

  it('calls no denied or non-global IPv6 address public', () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        if (!isPublicAddress(ip)) return true;
        return !DENIED.check(ip, 'ipv6');
      }),
      { numRuns: 5_000 },
    );
  });

  it('judges an IPv4 address wrapped into an IPv6 one as if it were not', () => {
    const wrap = fc.constantFrom(...Object.values(WRAPPINGS));
    fc.assert(
      fc.property(fc.oneof(anyIpv4, deniedIpv4), wrap, (ip, wrapped) => {
        assert.equal(isPublicAddress(wrapped(asGroups(ip))), isPublicAddress(ip));
      }),
      { numRuns: 2_000 },
    );
  });

  it('calls nothing public that is not an address in its usual spelling', () => {
    const odd = [
      '',
      'localhost',
      '8.8.8',
      '8.8.8.8.',
      '08.8.8.8',
      '0x8.8.8.8',
      '134744072',
      '[::1]',
    ];
    for (const text of odd) assert.equal(isPublicAddress(text), false, text);
    fc.assert(fc.property(fc.string(), (text) => !isPublicAddress(text)));
  });
});
