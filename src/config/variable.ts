/**
 * Environment variables as values: what one means, its default, and how its text is read.
 */
import { isIP } from 'node:net';

/** One environment variable: what it means, what it defaults to, and how its text becomes a value. */
export interface Variable<T = unknown> {
  readonly name: string;
  readonly about: string;
  /** The text used when the variable is unset or blank; undefined makes it required, '' makes it optional. */
  readonly default: string | undefined;
  readonly example: string;
  /** Throws an Error whose message ends the sentence "NAME …". */
  readonly parse: (text: string) => T;
}

type Details = Pick<Variable, 'about'> & { default?: string; example?: string };

export function variable<T>(
  name: string,
  details: Details,
  parse: (text: string) => T,
): Variable<T> {
  const { about, default: fallback, example = fallback ?? '' } = details;
  return { name, about, default: fallback, example, parse };
}

/** As `variable`, with null for the empty text, its default. */
export function optional<T>(
  name: string,
  details: Details,
  parse: (text: string) => T,
): Variable<T | null> {
  return variable(name, { default: '', ...details }, (text) => (text === '' ? null : parse(text)));
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new Error(`must be a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

export function integer(name: string, min: number, max: number, details: Details) {
  return variable(name, details, wholeNumber(min, max));
}

export function choice<const T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new Error(`must be one of ${values.join(', ')}`);
    return value;
  };
}

export function oneOf<const T extends string>(
  name: string,
  values: readonly T[],
  details: Details,
) {
  return variable(name, details, choice(...values));
}

export function onOff(name: string, details: Details): Variable<boolean> {
  return variable(name, details, (text) => choice('on', 'off')(text) === 'on');
}

/** Takes texts of this form; `rule` ends the sentence "NAME …". */
export function matching(form: RegExp, rule: string): (text: string) => string {
  return (text) => {
    if (!form.test(text)) throw new Error(rule);
    return text;
  };
}

export function text(name: string, details: Details): Variable<string> {
  return variable(name, details, (value) => value);
}

export function optionalText(name: string, details: Details): Variable<string | null> {
  return optional(name, details, (value) => value);
}

export const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export function parseUrl(value: string, protocols: readonly string[]): URL {
  const url = URL.parse(value);
  if (url === null || !protocols.includes(url.protocol)) {
    throw new Error(
      `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );
  }
  return url;
}

/**
 * Redis and the number of its database. A password whose special characters are not percent-encoded
 * would end the host's name early, and the rest of it would be shown as a host.
 */
export function parseRedisUrl(value: string): string {
  const url = URL.parse(value);
  if (url !== null && !/^rediss?:$/.test(url.protocol)) {
    throw new Error('must be a URL that starts with redis:// or rediss://');
  }
  if (url === null || !/^(\/\d*)?$/.test(url.pathname) || /[@#]/.test(url.search + url.hash)) {
    throw new Error(
      'must be redis://[user]:password@host:port/database, the password percent-encoded (# is %23, / is %2F, ? is %3F, % is %25)',
    );
  }
  try {
    decodeURIComponent(url.password);
  } catch {
    throw new Error('has a password with a bare %: write %25');
  }
  return url.href;
}

/** A URL that a secret is sent to: TLS, except on loopback. Returned without a trailing slash. */
export function parseSecureUrl(value: string): string {
  const url = parseUrl(value, ['https:', 'http:']);
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw new Error('must start with https:// (http:// is accepted on loopback only)');
  }
  return value.replace(/\/+$/, '');
}

export function secureUrl(name: string, details: Details): Variable<string> {
  return variable(name, details, parseSecureUrl);
}

/** Refuses the address of an API or of a page of the dashboard: the paths of the APIs are added to the URL. */
export function baseOfApis(value: string): string {
  const { pathname, search, hash } = new URL(value);
  if (search + hash !== '' || /\/(v1|project)(\/|$)/.test(pathname)) {
    throw new Error('must be the URL that /rest/v1 and /storage/v1 are below, without them');
  }
  return value;
}

export function list<T extends string>(name: string, details: Details, item: (text: string) => T) {
  return variable(name, { default: '', ...details }, (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(item),
  );
}

export function parseOrigin(value: string): string {
  const url = parseUrl(value, ['https:', 'http:']);
  if (url.origin !== value.toLowerCase())
    throw new Error('must hold origins only: scheme://host[:port]');
  return url.origin;
}

export function parseHost(value: string): string {
  const parse = matching(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, 'must hold host names only');
  return parse(value).toLowerCase();
}

/** An address or a network; not that of everyone, whose word about a client is worth nothing. */
export function parseNetwork(value: string): string {
  const [address = '', bits, ...rest] = value.split('/');
  const mostBits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isNetwork = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= mostBits);
  if (mostBits === 0 || !isNetwork || rest.length > 0)
    throw new Error('must hold addresses and networks only, such as 10.0.0.0/8');
  return value;
}
