/** Errors as JSON problems (RFC 9457). */
import type { FastifyReply } from 'fastify';

/** Answers with a problem; `title` is the status' own name. */
export function sendProblem(reply: FastifyReply, status: number, title: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail: title }));
}
