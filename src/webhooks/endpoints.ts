/**
 * Who is notified of ended sessions: the platform (WEBHOOK_URL), of all of them, and stores
 * (WEBHOOKS_FILE), each of its own.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { type Config, ConfigError } from '../config.ts';
import type { SessionRef } from '../ports/session.ts';
import type { Endpoint } from '../ports/webhooks.ts';
import { isPublicAddress } from '../public-address.ts';
import { SECRET_RULE, signingKeysOf } from './signature.ts';

const PLATFORM = 'platform';
const MOST_URL_CHARACTERS = 2048;

export type EndpointSettings = Pick<
  Config,
  'webhookUrl' | 'webhookSecret' | 'webhooksFile' | 'webhookTrustedOrigins'
>;

/** The endpoints of a configuration. */
export interface Endpoints {
  readonly all: readonly Endpoint[];
  /** Those that are notified of the session. */
  of(ref: Pick<SessionRef, 'channel' | 'ownerId'>): readonly Endpoint[];
  find(key: string): Endpoint | null;
}

const storeEntry = z.strictObject({ url: z.string(), secret: z.string() });
const storesFile = z.record(z.string(), storeEntry);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The endpoints that the configuration names. Throws a ConfigError that lists every problem. */
export function readEndpoints(
  settings: EndpointSettings,
  readText: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): Endpoints {
  const problems: string[] = [];
  const found: Endpoint[] = [];
  const add = (key: string, url: string, secret: string, names: readonly [string, string]) => {
    const isTrusted = settings.webhookTrustedOrigins.includes(URL.parse(url)?.origin ?? '');
    const problem = urlProblem(url, isTrusted);
    if (problem !== null) problems.push(`${names[0]} ${problem}`);
    try {
      found.push({ key, url, isTrusted, signingKeys: signingKeysOf(secret) });
    } catch {
      problems.push(`${names[1]} ${SECRET_RULE}`);
    }
  };
  const { webhookUrl, webhookSecret, webhooksFile } = settings;
  if (webhookUrl !== null && webhookSecret !== null) {
    add(PLATFORM, webhookUrl, webhookSecret, ['WEBHOOK_URL', 'WEBHOOK_SECRET']);
  } else if (webhookUrl !== webhookSecret) {
    problems.push('WEBHOOK_URL and WEBHOOK_SECRET must be set together');
  }
  const stores = readStores(webhooksFile, readText);
  if (typeof stores === 'string') problems.push(`WEBHOOKS_FILE ${stores}`);
  else {
    for (const [id, { url, secret }] of stores) {
      const name = `WEBHOOKS_FILE: ${id}:`;
      if (UUID.test(id)) add(id, url, secret, [`${name} url`, `${name} secret`]);
      else problems.push(`${name} is no store's id (a UUID)`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return endpointsOf(found);
}

function endpointsOf(all: readonly Endpoint[]): Endpoints {
  const byKey = new Map(all.map((endpoint) => [endpoint.key, endpoint]));
  const find = (key: string) => byKey.get(key) ?? null;
  return {
    all,
    find,
    of: ({ channel, ownerId }) =>
      [find(PLATFORM), channel === 'b2b' ? find(ownerId.toLowerCase()) : null].filter(
        (endpoint) => endpoint !== null,
      ),
  };
}

/** The file's entries by the stores' ids, or what is wrong with it. */
function readStores(
  path: string | null,
  readText: (path: string) => string,
): [string, z.infer<typeof storeEntry>][] | string {
  if (path === null) return [];
  let content: unknown;
  try {
    content = JSON.parse(readText(path));
  } catch (error) {
    // The parser's own message quotes the text, which holds secrets.
    const { code } = error as NodeJS.ErrnoException;
    return code === undefined ? 'is not JSON' : `${path} cannot be read: ${code}`;
  }
  const parsed = storesFile.safeParse(content);
  if (!parsed.success) return `is wrong:\n${z.prettifyError(parsed.error)}`;
  return Object.entries(parsed.data).map(([id, entry]) => [id.toLowerCase(), entry]);
}

/** Why the URL must not be called; null when it may. Ends the sentence "NAME …". */
function urlProblem(text: string, isTrusted: boolean): string | null {
  const url = URL.parse(text);
  if (url === null || text.length > MOST_URL_CHARACTERS) return 'must be a URL';
  if (url.protocol !== 'https:' && !(isTrusted && url.protocol === 'http:')) {
    return 'must start with https:// (http:// is accepted for WEBHOOK_TRUSTED_ORIGINS only)';
  }
  if (url.username !== '' || url.password !== '') return 'must hold no user name or password';
  if (!isTrusted && isInsideAddress(url.hostname)) {
    return 'must not lead inside the network: use a public address, or name its origin in WEBHOOK_TRUSTED_ORIGINS';
  }
  return url.hash === '' ? null : 'must hold no fragment (#…)';
}

/** Whether the host is an address that the guard refuses. Where a name leads is checked when something is sent. */
function isInsideAddress(hostname: string): boolean {
  const address = hostname.replaceAll(/[[\]]/g, '');
  return isIP(address) !== 0 && !isPublicAddress(address);
}
