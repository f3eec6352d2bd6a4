/**
 * Opens connections to hosts that strangers named: the name is resolved once, every answer is
 * checked, and the connection goes to a checked address, never to the name. Whatever a resolver
 * says later, or whichever way an address was spelled, what is connected to is what was checked.
 */

import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { TaskError } from '../../errors.ts';
import { isPublicAddress } from './address-guard.ts';

/** All IPv4 and IPv6 addresses of a host. Throws like `dns.lookup`. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>;

/** Makes a connector that reaches its host at these addresses only. */
export type Dial = (addresses: readonly string[]) => buildConnector.connector;

/** The resolver of the operating system, so that a host means the same as elsewhere on the machine. */
export async function resolveHost(hostname: string): Promise<string[]> {
  const answers = await lookup(hostname, { all: true });
  return answers.map(({ address }) => address);
}

/** Connects to one of `addresses`; the host's name still goes out as SNI and is what the certificate must fit. */
export function dialPinned(addresses: readonly string[]): buildConnector.connector {
  const pinned = addresses.map((address) => ({ address, family: isIP(address) }));
  const answerPinned: LookupFunction = (_hostname, options, callback) => {
    const [first] = pinned;
    if (options.all || first === undefined) callback(null, pinned);
    else callback(null, first.address, first.family);
  };
  return buildConnector({ allowH2: false, lookup: answerPinned });
}

/** An undici connector. Fails with `INVALID_IMAGE (refused)` when any address of the host is not public. */
export function guardedConnector(resolve: ResolveHost, dial: Dial): buildConnector.connector {
  return (options, callback) => {
    publicAddresses(options.hostname, resolve).then(
      (addresses) => dial(addresses)(options, callback),
      (error: Error) => callback(error, null),
    );
  };
}

async function publicAddresses(hostname: string, resolve: ResolveHost): Promise<readonly string[]> {
  const addresses = isIP(hostname) === 0 ? await resolve(hostname) : [hostname];
  if (addresses.length === 0) throw new TaskError('INVALID_IMAGE', { detail: 'unreachable' });
  if (!addresses.every(isPublicAddress))
    throw new TaskError('INVALID_IMAGE', { detail: 'refused' });
  return addresses;
}
