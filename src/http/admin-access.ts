/**
 * Access to the operators’ pages: anyone with the token, as a bearer token or as the
 * password of basic authentication. Wrong tokens are counted by the client's address.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSameSecret } from './same-secret.ts';
import { WrongTokens } from './wrong-tokens.ts';

/** Rejects a request without access; lets the others through. */
export type AdminAccess = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply | undefined>;

/** Asks for the token; `onWrongToken` gets the client's address. The count is shared by all pages that use it. */
export function askForToken(token: string, onWrongToken: (address: string) => void): AdminAccess {
  const wrong = new WrongTokens();
  return async ({ headers, ip }, reply) => {
    const waitSeconds = wrong.waitSeconds(ip);
    if (waitSeconds > 0) {
      const answer = { error: 'Too many wrong tokens' };
      return reply.code(429).header('retry-after', String(waitSeconds)).send(answer);
    }
    const given = givenToken(headers.authorization);
    if (isSameSecret(given, token)) return undefined;
    // Browsers ask without a token first.
    if (given !== '') {
      wrong.add(ip);
      onWrongToken(ip);
    }
    const challenge = 'Basic realm="wearon-worker", charset="UTF-8"';
    return reply.code(401).header('www-authenticate', challenge).send({ error: 'Unauthorized' });
  };
}

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Asks for no token. The request must name this machine, so that a foreign page cannot reach the
 * worker under a name of its own that leads to loopback (DNS rebinding).
 */
export const answerLocalhost: AdminAccess = async ({ headers }, reply) =>
  LOOPBACK_HOST.test(headers.host ?? '')
    ? undefined
    : reply.code(403).send({ error: 'Without a token only localhost is answered' });

function givenToken(authorization: string | undefined): string {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  const decoded = Buffer.from(credentials, 'base64').toString('utf8');
  return decoded.slice(decoded.indexOf(':') + 1);
}
