/**
 * Resolves host names that strangers chose. Asks DNS itself instead of calling getaddrinfo, which
 * blocks one of libuv's few threads per name: names that never answer would then also hold up the
 * lookups of Supabase and of the image model. /etc/hosts and search domains are not consulted.
 */

import { Resolver } from 'node:dns/promises';
import { TaskError } from '../../errors.ts';

/**
 * All IPv4 and IPv6 addresses of a host, at least one; an abort by `signal` ends the lookup. Throws a
 * `TaskError`, or an error with a code of `node:dns`: ENOTFOUND and ENODATA mean that there is no such host.
 */
export type ResolveHost = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

interface DnsLookupOptions {
  /** `address:port`. Default: those of /etc/resolv.conf. */
  readonly servers?: readonly string[];
  /** Lookups under way at once; more are refused. Above what the default concurrency can ask for. */
  readonly atOnce?: number;
  /** For a whole lookup; a healthy resolver answers within tens of milliseconds. */
  readonly timeoutMs?: number;
}

/** Codes that say "no such host" for good. The rest (time-out, SERVFAIL, REFUSED …) may pass. */
const NO_SUCH_HOST = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];

/** A resolver with a bound on the lookups under way: each one holds a socket. */
export function dnsLookup(options: DnsLookupOptions = {}): ResolveHost {
  const { servers, atOnce = 256, timeoutMs = 3_000 } = options;
  let underWay = 0;
  return async (hostname, signal) => {
    if (underWay >= atOnce) throw new TaskError('IMAGE_UNAVAILABLE', { detail: 'connection' });
    underWay += 1;
    try {
      const resolver = new Resolver({ timeout: timeoutMs / 3, tries: 2 });
      if (servers !== undefined) resolver.setServers(servers);
      return await lookUp(
        hostname,
        resolver,
        AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      );
    } finally {
      underWay -= 1;
    }
  };
}

async function lookUp(
  hostname: string,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    signal.throwIfAborted();
    const answers = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ]);
    const addresses = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? answer.value : [],
    );
    if (addresses.length > 0) return addresses;
    // A host may have no address of one kind; only when neither kind exists is there no such host.
    const failures = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason] : [],
    );
    // An alias of a name without addresses (CNAME alone) counts as an empty answer, not as a failure.
    const noAddress = failures[0] ?? Object.assign(new Error('no address'), { code: 'ENODATA' });
    throw failures.find(({ code }) => !NO_SUCH_HOST.includes(code)) ?? noAddress;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
