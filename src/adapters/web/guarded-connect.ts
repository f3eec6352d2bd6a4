/**
 * Opens connections to hosts that strangers named: the name is resolved once, every answer is
 * checked, and the connection goes to a checked address, never to the name. Whatever a resolver
 * says later, or whichever way an address was spelled, what is connected to is what was checked.
 */

import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { TaskError } from '../../errors.ts';
import { isPublicAddress } from '../../public-address.ts';
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

/**
 * What a host may send before its answer's status and headers are complete. They have 16 KiB at the
 * most (undici's limit); the beginning of a body may arrive with them.
 */
export const HEAD_ALLOWANCE_BYTES = 256 * 1024;

/** How many bytes a host may still send; raise it when more is wanted. */
export interface Allowance {
  bytes: number;
}

export interface GuardOptions {
  readonly resolve: ResolveHost;
  readonly dial: Dial;
  readonly allowance: Allowance;
  /** An abort ends the lookup and the connecting. */
  readonly signal: AbortSignal;
}

/**
 * An undici connector. Fails with `INVALID_IMAGE (refused)` when any address of the host is not public.
 * The connection ends with `INVALID_IMAGE (unreachable)` when the host sends more than its allowance.
 */
export function guardedConnector({
  resolve,
  dial,
  allowance,
  signal,
}: GuardOptions): buildConnector.connector {
  return (options, callback) => {
    const connected: buildConnector.Callback = (...result) => {
      callback(...result);
      const [error, socket] = result;
      if (error === null) limitReceived(socket, allowance);
    };
    const connect = async () => {
      const addresses = await publicAddresses(options.hostname, resolve, signal);
      signal.throwIfAborted();
      // undici's connectors return their socket, though their type does not say so.
      const socket = dial(addresses)(options, connected) as Socket | undefined;
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

/**
 * Counts whatever arrives. undici bounds headers alone, and its callers the body: status lines, 1xx
 * answers, chunk extensions and trailers would go on without end, as fast as the host sends. Call it
 * when undici reads the socket already, since the first listener of `data` makes a socket flow.
 */
function limitReceived(socket: Socket, allowance: Allowance): void {
  socket.on('data', ({ length }: Uint8Array) => {
    allowance.bytes -= length;
    if (allowance.bytes >= 0) return;
    socket.destroy(new TaskError('INVALID_IMAGE', { detail: 'unreachable' }));
  });
}
