/** What a link can do to the image fetcher: see src/adapters/web. */
import { lookup } from 'node:dns/promises';
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { dnsLookup } from '../../src/adapters/web/dns-lookup.ts';
import { WebImageFetcher } from '../../src/adapters/web/image-fetcher.ts';
import { startDnsServer } from '../../test/support/network/dns-server.ts';
import { dialTo, startHttpHost } from '../../test/support/network/http-host.ts';
import { runInNamespace, whyNoNamespace } from '../../test/support/network/network-namespace.ts';
import { timeMs } from '../timing.ts';
import type { Attack } from './attack.ts';

const NEVER = new AbortController().signal;
const PUBLIC = '93.184.216.34';

/** A fetcher for strangers' links whose connections all lead to `port` on loopback. */
function fetcherTo(port: number): WebImageFetcher {
  return new WebImageFetcher({
    trustedOrigins: [],
    hostAllowlist: null,
    resolve: async () => [PUBLIC],
    dial: dialTo(port),
  });
}

const FETCH_UNREACHABLE = `
  import { WebImageFetcher } from './src/adapters/web/image-fetcher.ts';
  const fetcher = new WebImageFetcher({
    trustedOrigins: [],
    hostAllowlist: null,
    resolve: async () => ['2606:2800:220:1::1'],
  });
  const options = { timeoutMs: 20_000, signal: new AbortController().signal };
  await fetcher.fetch('https://shop.example/a.jpg', options).catch(() => {});
`;

/** 1 when the process that fetches ends by it, 0 when it goes on. */
async function unreachable(): Promise<number | null> {
  if ((await whyNoNamespace()) !== false) return null;
  return runInNamespace('ip link set lo up', FETCH_UNREACHABLE).then(
    () => 0,
    () => 1,
  );
}

const SILENT_NAMES = 182;

/** How long, meanwhile, a name of DNS and one of getaddrinfo take to resolve, in seconds. */
async function silentNames(): Promise<number> {
  await using dns = await startDnsServer({ 'shop.example': { a: [PUBLIC] } });
  const resolve = dnsLookup({ servers: [dns.address] });
  const stop = new AbortController();
  const silent = Array.from({ length: SILENT_NAMES }, (_, n) =>
    resolve(`silent-${n}.example`, stop.signal),
  );
  await sleep(500); // The burst overflows the socket of the one-process DNS server.
  const waits = await Promise.all([
    timeMs(() => resolve('shop.example', NEVER)),
    timeMs(() => lookup('localhost')),
  ]);
  stop.abort();
  await Promise.allSettled(silent);
  return Math.max(...waits) / 1000;
}

/** How long a download from such a host lasts before it is given up, in seconds. */
async function slowHost(answer: RequestListener): Promise<number> {
  await using host = await startHttpHost(answer);
  await using fetcher = fetcherTo(host.port);
  const fetching = () =>
    fetcher
      .fetch('https://slow.example/a.jpg', { timeoutMs: 30_000, signal: NEVER })
      .catch(() => {});
  return (await timeMs(fetching)) / 1000;
}

const drip: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'image/jpeg' });
  const timer = setInterval(() => response.write(Buffer.of(0xff)), 50);
  response.on('close', () => clearInterval(timer)).on('error', () => {});
};

async function slowHosts(): Promise<number> {
  return Math.max(...(await Promise.all([slowHost(drip), slowHost(() => {})])));
}

const KEPT_HOSTS = 200;

/** Connections still open a second after the last download. */
async function keptConnections(): Promise<number> {
  await using host = await startHttpHost((_request, response) => {
    response.writeHead(404, { connection: 'keep-alive', 'keep-alive': 'timeout=600' }).end('gone');
  });
  await using fetcher = fetcherTo(host.port);
  const links = Array.from({ length: KEPT_HOSTS }, (_, n) => `https://host-${n}.example/a.jpg`);
  const options = { timeoutMs: 20_000, signal: NEVER };
  await Promise.allSettled(links.map((link) => fetcher.fetch(link, options)));
  await sleep(1000);
  return host.connections() < KEPT_HOSTS ? Number.NaN : host.open();
}

export const LINK_ATTACKS: readonly Attack[] = [
  {
    name: 'a host that cannot be reached',
    sent: 'a name with an IPv6 address alone, where no route leads to it',
    figure: 'processes ended',
    before: '1',
    limit: 0,
    measure: unreachable,
  },
  {
    name: 'names that DNS never answers',
    sent: `${SILENT_NAMES} links at once`,
    figure: 'seconds that another name waits',
    before: '475',
    limit: 3,
    measure: silentNames,
  },
  {
    name: 'dripping and stalling hosts',
    sent: 'an answer of 20 bytes a second, and none at all',
    figure: 'seconds until given up',
    before: '30',
    limit: 15,
    measure: slowHosts,
  },
  {
    name: 'hosts that ask to be kept',
    sent: `${KEPT_HOSTS} links to hosts with Keep-Alive: timeout=600`,
    figure: 'connections open a second later',
    before: '1,500 of 1,500',
    limit: 0,
    measure: keptConnections,
  },
];
