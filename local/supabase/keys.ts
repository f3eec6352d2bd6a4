/**
 * Signed tokens as Supabase makes them (JWT, HS256): the service role key and the tokens in links.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Signs the claims; `secret` is the server's own. */
export function signToken(claims: Record<string, unknown>, secret: string): string {
  const content = `${base64Url({ alg: 'HS256', typ: 'JWT' })}.${base64Url(claims)}`;
  return `${content}.${signature(content, secret)}`;
}

/** Why a token is not accepted, in the words of the real server. */
export type TokenProblem = 'signature verification failed' | '"exp" claim timestamp check failed';

/** The claims of a token that we signed and that has not expired, else what is wrong with it. */
export function readToken(
  token: string,
  secret: string,
): { claims: Record<string, unknown> } | { problem: TokenProblem } {
  const [header = '', body = '', given = ''] = token.split('.');
  const expected = Buffer.from(signature(`${header}.${body}`, secret));
  const actual = Buffer.from(given);
  const genuine = actual.length === expected.length && timingSafeEqual(actual, expected);
  if (!genuine) return { problem: 'signature verification failed' };
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  if (typeof claims.exp === 'number' && claims.exp * 1000 <= Date.now()) {
    return { problem: '"exp" claim timestamp check failed' };
  }
  return { claims };
}

function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(content: string, secret: string): string {
  return createHmac('sha256', secret).update(content).digest('base64url');
}
