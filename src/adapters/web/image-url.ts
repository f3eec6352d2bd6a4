/**
 * Reads a link to an image and refuses what is not plainly one, before anything is resolved
 * or opened.
 */

import { TaskError } from '../../errors.ts';
import { MAX_LINK_CHARACTERS, tidyLink } from '../../images/link.ts';

/**
 * What URL parsers forgive and we do not: white space and control characters inside (dropped) and
 * the backslash (read as a slash), with which two parsers see two hosts in one link.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const FORGIVEN_BY_PARSERS = /[\u0000-\u0020\u007f\\]/;

/** A non-empty user-info part, or an empty one (`https://@host/`), which the parser drops. */
const USER_INFO = /^[^/?#]*\/\/[^/?#]*@/;

export interface UrlRules {
  /**
   * Exact origins (scheme://host:port) that may be opened as they stand, even http and on loopback; with a
   * path, what is below it.
   */
  readonly trustedOrigins: readonly string[];
  /**
   * The only hosts in addition to the trusted origins, or null for every public host. An entry that begins
   * with a dot stands for all subdomains.
   */
  readonly hostAllowlist: readonly string[] | null;
}

interface ImageUrl {
  readonly url: URL;
  /** Whether the address behind the host need not be public. */
  readonly trusted: boolean;
}

/** Throws `INVALID_IMAGE (refused)` for a link that must not be opened. The host's address is not checked here. */
export function readImageUrl(text: string, rules: UrlRules): ImageUrl {
  const url = parseStrictly(text);
  // Also as a proxy reads it that takes an encoded slash for a slash.
  const readings = [url.href, new URL(url.href.replace(/%2f|%5c/gi, '/')).href];
  const isBelow = (base: string) => readings.every((link) => link.startsWith(`${base}/`));
  if (rules.trustedOrigins.some(isBelow)) return { url, trusted: true };
  if (url.protocol !== 'https:' || url.port !== '') throw refused();
  if (!isAllowed(url.hostname, rules.hostAllowlist)) throw refused();
  return { url, trusted: false };
}

function isAllowed(hostname: string, allowlist: UrlRules['hostAllowlist']): boolean {
  if (allowlist === null) return true;
  return allowlist.some((host) =>
    host.startsWith('.') ? hostname.endsWith(host) : hostname === host,
  );
}

function parseStrictly(given: string): URL {
  const text = tidyLink(given);
  if (text.length > MAX_LINK_CHARACTERS || FORGIVEN_BY_PARSERS.test(text)) throw refused();
  if (!/^https?:\/\/[^/]/i.test(text) || USER_INFO.test(text)) throw refused();
  const url = URL.parse(text);
  if (url === null) throw refused();
  return url;
}

function refused(): TaskError {
  return new TaskError('INVALID_IMAGE', { detail: 'refused' });
}
