/**
 * Hosts that cannot be reached at all: the kernel refuses the connect within the call. Seen with
 * real connects in a network namespace, since the guard refuses the addresses that a test could use.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNamespace, whyNoNamespace } from '../support/network/network-namespace.ts';

const LINK = 'https://shop.example/a.jpg';

/** Fetches the link twice, its name leading to the addresses; prints both ends and the kernel's codes. */
const fetchTwice = (addresses: readonly string[], link: string) => `
  import { WebImageFetcher } from './src/adapters/web/image-fetcher.ts';
  const { signal } = new AbortController();
  const ends = [];
  const fetcher = new WebImageFetcher({
    trustedOrigins: [],
    hostAllowlist: null,
    resolve: async () => ${JSON.stringify(addresses)},
  });
  const options = { timeoutMs: 20_000, signal };
  for (let time = 0; time < 2; time += 1) {
    const error = await fetcher.fetch('${link}', options).catch((error) => error);
    ends.push([error.message, error.cause?.code]);
  }
  console.log(JSON.stringify(ends));
`;

const V4 = '93.184.216.34';
const V6 = '2606:2800:220:1::1';

const NETWORKS: readonly [code: string, setUp: string, addresses: string[], link?: string][] = [
  ['ENETUNREACH', 'ip link set lo up', [V4]],
  ['ENETUNREACH', 'ip link set lo up', [V6]],
  ['ENETUNREACH', 'ip link set lo up', [V6, V4]],
  ['ENETUNREACH', 'ip link set lo up', [], `https://[${V6}]/a.jpg`],
  ['EADDRNOTAVAIL', '', [V6]],
  ['EHOSTUNREACH', `ip link set lo up; ip route add unreachable ${V4}`, [V4]],
  ['EHOSTUNREACH', `ip link set lo up; ip -6 route add unreachable ${V6}`, [V6]],
  ['EACCES', `ip link set lo up; ip route add prohibit ${V4}`, [V4]],
  ['EACCES', `ip link set lo up; ip -6 route add prohibit ${V6}`, [V6]],
];

const skip = await whyNoNamespace();

describe('a host whose address cannot be connected to', { skip }, () => {
  for (const [code, setUp, addresses, link = LINK] of NETWORKS) {
    const host = link === LINK ? addresses.join(', ') : 'an address in the link';
    it(`is unavailable, not the end of the process: ${code}, ${host}`, async () => {
      const ends = JSON.parse(await runInNamespace(setUp, fetchTwice(addresses, link)));
      assert.deepEqual(ends, [
        ['IMAGE_UNAVAILABLE (connection)', code],
        ['IMAGE_UNAVAILABLE (connection)', code],
      ]);
    });
  }
});
