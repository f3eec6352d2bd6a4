/**
 * Hosts that cannot be reached at all: the kernel refuses the connect within the call. Seen with
 * real connects in a network namespace, since the guard refuses the addresses that a test could use.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNamespace, whyNoNamespace } from '../support/network-namespace.ts';

/** Fetches from a name with each list of addresses; prints what it ended with and the kernel's code. */
const FETCH_EACH = (names: readonly (readonly string[])[]) => `
  import { WebImageFetcher } from './src/adapters/web/image-fetcher.ts';
  const { signal } = new AbortController();
  const ends = [];
  for (const addresses of ${JSON.stringify(names)}) {
    const fetcher = new WebImageFetcher({
      trustedOrigins: [],
      hostAllowlist: null,
      resolve: async () => addresses,
    });
    const error = await fetcher
      .fetch('https://shop.example/a.jpg', { timeoutMs: 20_000, signal })
      .catch((error) => error);
    ends.push([error.message, error.cause?.code]);
  }
  console.log(JSON.stringify(ends));
`;

const V4 = '93.184.216.34';
const V6 = '2606:2800:220:1::1';

const NETWORKS: readonly [code: string, setUp: string, addresses: readonly string[]][] = [
  ['ENETUNREACH', 'ip link set lo up', [V4]],
  ['ENETUNREACH', 'ip link set lo up', [V6]],
  ['ENETUNREACH', 'ip link set lo up', [V6, V4]],
  ['EADDRNOTAVAIL', '', [V6]],
  ['EHOSTUNREACH', `ip link set lo up; ip route add unreachable ${V4}`, [V4]],
  ['EHOSTUNREACH', `ip link set lo up; ip -6 route add unreachable ${V6}`, [V6]],
  ['EACCES', `ip link set lo up; ip route add prohibit ${V4}`, [V4]],
  ['EACCES', `ip link set lo up; ip -6 route add prohibit ${V6}`, [V6]],
];

const skip = await whyNoNamespace();

describe('a host whose address cannot be connected to', { skip }, () => {
  for (const [code, setUp, addresses] of NETWORKS) {
    it(`is unavailable, not the end of the process: ${code} of ${addresses.join(', ')}`, async () => {
      const ends = JSON.parse(await runInNamespace(setUp, FETCH_EACH([addresses, addresses])));
      assert.deepEqual(ends, [
        ['IMAGE_UNAVAILABLE (connection)', code],
        ['IMAGE_UNAVAILABLE (connection)', code],
      ]);
    });
  }
});
