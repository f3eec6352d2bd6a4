/**
 * Decides which IP addresses a stranger's link may lead to: globally routable unicast and
 * nothing else. Denied by default, so a range that no one thought of is denied too.
 */

import ipaddr from 'ipaddr.js';

/** Public by the registries, yet the Azure platform answers on it inside every Azure network. */
const AZURE_PLATFORM = '168.63.129.16';

/** `::8.8.8.8`, long deprecated. The library would take it for the IPv4-mapped `::ffff:8.8.8.8`. */
const IPV4_COMPATIBLE = /^::\d+\./;

/** What IANA hands out as global unicast; everything outside of it is special or unassigned. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * IPv6 ranges whose addresses lead to an IPv4 address: where its two 16-bit halves stand. Not
 * listed, and so denied: Teredo (2001::/32), and the local NAT64 prefix (64:ff9b:1::/48), whose
 * operator alone knows where the IPv4 address stands.
 */
const EMBEDDING_IPV4 = [
  { range: ipaddr.IPv6.parseCIDR('::ffff:0:0/96'), from: 6 },
  { range: ipaddr.IPv6.parseCIDR('64:ff9b::/96'), from: 6 },
  { range: ipaddr.IPv6.parseCIDR('2002::/16'), from: 1 },
] as const;

/**
 * True when `ip` (an IPv4 or IPv6 address in its usual spelling) is globally routable unicast.
 * False for everything else, malformed addresses included. An embedded IPv4 address is judged itself.
 */
export function isPublicAddress(ip: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(ip)) return isPublicIpv4(ipaddr.IPv4.parse(ip));
  if (IPV4_COMPATIBLE.test(ip)) return false;
  if (ipaddr.IPv6.isValid(ip)) return isPublicIpv6(ipaddr.IPv6.parse(ip));
  return false;
}

function isPublicIpv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && address.toString() !== AZURE_PLATFORM;
}

function isPublicIpv6(address: ipaddr.IPv6): boolean {
  const embedding = EMBEDDING_IPV4.find(({ range }) => address.match(range));
  if (embedding !== undefined) return isPublicIpv4(embeddedIpv4(address, embedding.from));
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast' && !address.zoneId;
}

function embeddedIpv4(address: ipaddr.IPv6, from: number): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(2 * from, 2 * from + 4));
}
