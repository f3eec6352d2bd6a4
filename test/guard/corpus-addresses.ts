/**
 * Addresses that no link may lead to: for every range that is not globally routable unicast its
 * first and last address and one that someone would use, and every way to wrap such an IPv4
 * address into an IPv6 one.
 */

/** The ranges of the IANA special-purpose registries (and Azure's platform address). */
export const DENIED_RANGES = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

const DENIED_IPV4 = [
  '0.0.0.0',
  '0.255.255.255',
  '10.0.0.0',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.0',
  '100.100.100.200', // Alibaba Cloud's metadata
  '100.127.255.255',
  '127.0.0.0',
  '127.0.0.1',
  '127.0.0.53', // systemd's resolver
  '127.255.255.255',
  '168.63.129.16', // Azure's platform
  '169.254.0.0',
  '169.254.169.254', // most clouds' metadata
  '169.254.170.2', // ECS task credentials
  '169.254.255.255',
  '172.16.0.0',
  '172.17.0.1', // Docker's bridge
  '172.31.255.255',
  '192.0.0.0',
  '192.0.0.192', // Oracle Cloud's metadata
  '192.0.0.255',
  '192.0.2.0',
  '192.0.2.255',
  '192.88.99.0',
  '192.88.99.1',
  '192.88.99.255',
  '192.168.0.0',
  '192.168.1.1',
  '192.168.255.255',
  '198.18.0.0',
  '198.19.255.255',
  '198.51.100.0',
  '198.51.100.255',
  '203.0.113.0',
  '203.0.113.255',
  '224.0.0.0',
  '224.0.0.251', // mDNS
  '239.255.255.255',
  '240.0.0.0',
  '255.255.255.254',
  '255.255.255.255',
] as const;

const DENIED_IPV6 = [
  '::',
  '::1',
  '::127.0.0.1', // IPv4-compatible, long deprecated
  '::7f00:1',
  '::8.8.8.8',
  '::ffff:0:127.0.0.1', // IPv4-translated (SIIT)
  '64:ff9b:1::1',
  '64:ff9b:1::7f00:1',
  '64:ff9b:1:7f00:1::',
  '64:ff9b:1::808:808',
  '64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
  '64:ff9b::1:0:0', // outside the well-known /96
  '100::',
  '100::1',
  '100::ffff:ffff:ffff:ffff',
  '100:0:0:1::1', // dummy prefix
  '2001::1', // Teredo
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:0:ffff:ffff:ffff:ffff:ffff:ffff',
  '2001:2::1', // benchmarking
  '2001:10::1', // ORCHID
  '2001:20::1', // ORCHIDv2
  '2001:db8::',
  '2001:db8::1',
  '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
  '3fff::1', // documentation
  '4000::1', // not assigned
  '5f00::1', // segment routing
  '8000::1', // not assigned
  'e000::1', // not assigned
  'fc00::',
  'fc00::1',
  'fd00:ec2::254', // EC2's metadata over IPv6
  'fd20:ce::254', // Google's metadata over IPv6
  'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fe80::',
  'fe80::1',
  'fe80::a9fe:a9fe',
  'fe80::1%eth0',
  'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fec0::1',
  'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'ff00::',
  'ff02::1',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  '2606:4700::1%eth0', // a zone makes no sense for a public address
] as const;

/** The ways to write an IPv4 address into an IPv6 one which lead to the IPv4 address. */
export const WRAPPINGS: Record<string, (hex: string) => string> = {
  'IPv4-mapped': (hex) => `::ffff:${hex}`,
  NAT64: (hex) => `64:ff9b::${hex}`,
  '6to4': (hex) => `2002:${hex}::1`,
};

/** What gets wrapped: one address of each kind that is worth an attack. */
const WRAPPED = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '100.100.100.200'];

/** An IPv4 address as two hexadecimal groups, e.g. `7f00:1`. */
export function asGroups(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

export const DENIED_ADDRESSES: readonly string[] = [
  ...DENIED_IPV4,
  ...DENIED_IPV6,
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  ...Object.values(WRAPPINGS).flatMap((wrap) => WRAPPED.map((ip) => wrap(asGroups(ip)))),
];

/** So that the guard is seen to let something through: public, some adjacent to a denied range. */
export const PUBLIC_ADDRESSES: readonly string[] = [
  '1.0.0.0',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '93.184.216.34',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '203.0.114.0',
  '223.255.255.255',
  '2001:4860:4860::8888',
  '2606:2800:220:1:248:1893:25c8:1946',
  '2a00:1450:4001:80b::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2002:808:808::1',
];
