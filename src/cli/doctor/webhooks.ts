/**
 * Can webhooks be sent: are their addresses and secrets right, and do their hosts lead to where the
 * guard lets requests go? Nothing is sent.
 */
import { isIP } from 'node:net';
import { dnsLookup, type ResolveHost } from '../../adapters/web/dns-lookup.ts';
import { ConfigError } from '../../config.ts';
import type { Endpoint } from '../../ports/webhooks.ts';
import { isPublicAddress } from '../../public-address.ts';
import { type EndpointSettings, readEndpoints } from '../../webhooks/endpoints.ts';
import { type Check, fail, ok } from './check.ts';

const LOOKUP_MS = 5000;

export async function checkWebhooks(
  settings: EndpointSettings,
  resolve: ResolveHost = dnsLookup(),
): Promise<Check[]> {
  try {
    const { all } = readEndpoints(settings);
    if (all.length === 0) return [ok('webhooks', 'off: ended sessions are announced to no one')];
    return await Promise.all(all.map((endpoint) => checkEndpoint(endpoint, resolve)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const fix = 'correct it; docs/webhooks.md shows how: the worker does not start with it';
    return error.problems.map((problem) => fail('webhooks', problem, fix));
  }
}

async function checkEndpoint(
  { key, url, isTrusted }: Endpoint,
  resolve: ResolveHost,
): Promise<Check> {
  const name = `webhooks, ${key}`;
  const hostname = new URL(url).hostname.replaceAll(/[[\]]/g, '');
  if (isTrusted) return ok(name, `to ${hostname}, a trusted origin`);
  try {
    const addresses = isIP(hostname)
      ? [hostname]
      : await resolve(hostname, AbortSignal.timeout(LOOKUP_MS));
    if (addresses.every(isPublicAddress)) return ok(name, `to ${hostname}`);
    const fix = 'use a public address, or name its origin in WEBHOOK_TRUSTED_ORIGINS';
    return fail(name, `${hostname} leads inside the network: nothing is sent there`, fix);
  } catch {
    return fail(name, `${hostname} cannot be resolved`, 'correct the host, or its DNS');
  }
}
