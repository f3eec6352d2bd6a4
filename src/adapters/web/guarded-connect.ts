/**
 * Opens connections to hosts that strangers named: the name is resolved once, every answer is
 * checked, and the connection goes to a checked address, never to the name. Whatever a resolver
 * says later, or whichever way an address was spelled, what is connected to is what was checked.
 */

import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { TaskError } from '../../errors.ts';
import { isPublicAddress } from './address-guard.ts';
import type { ResolveHost } from './dns-lookup.ts';

/** Makes a connector that reaches its host at these addresses only. */
export type Dial = (addresses: readonly string[]) => buildConnector.connector;

/** Connects to one of `addresses`; the host's name still goes out as SNI and is what the certificate must fit. */
export function dialPinned(addresses: readonly string[]): buildConnector.connector {
  const pinned = addresses.map((address) => ({ address, family: isIP(address) }));
  const answerPinned: LookupFunction = (_hostname, options, callback) => {
    const [first] = pinned;
    // A lookup that answers within its own call lets a connect that fails at once (ENETUNREACH)
    // emit its error before anyone listens, which ends the process: nodejs/node#28664.
    if (options.all || first === undefined) process.nextTick(callback, null, pinned);
    else process.nextTick(callback, null, first.address, first.family);
  };
  return buildConnector({ allowH2: false, lookup: answerPinned });
}

export interface GuardOptions {
  readonly resolve: ResolveHost;
  readonly dial: Dial;
  /** An abort ends the lookup and the connecting. */
  readonly signal: AbortSignal;
}

/** An undici connector. Fails with `INVALID_IMAGE (refused)` when any address of the host is not public. */
export function guardedConnector({
  resolve,
  dial,
  signal,
}: GuardOptions): buildConnector.connector {
  return (options, callback) => {
    const connect = async () => {
      const addresses = await publicAddresses(options.hostname, resolve, signal);
      signal.throwIfAborted();
      // undici's connectors return their socket, though their type does not say so.
      const socket = dial(addresses)(options, callback) as Socket | undefined;
      signal.addEventListener('abort', () => socket?.destroy(new Error('aborted')), { once: true });
    };
    connect().catch((error: Error) => callback(error, null));
  };
}

async function publicAddresses(
  hostname: string,
  resolve: ResolveHost,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const addresses = isIP(hostname) === 0 ? await resolve(hostname, signal) : [hostname];
  if (addresses.length === 0) throw new TaskError('INVALID_IMAGE', { detail: 'unreachable' });
  if (!addresses.every(isPublicAddress))
    throw new TaskError('INVALID_IMAGE', { detail: 'refused' });
  return addresses;
}
