/**
 * The playground: a try-on from photos that the operator gives. Who carries it out is a Playground;
 * the page works with either.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** `order`: as the platform would, on a local stack. `trial`: a paid picture without a session. */
export interface Playground {
  /** What the page needs to know before anything is asked for. */
  describe(): Promise<object>;
  /** Answers every request under `/try-ons` and `/samples`. */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

export function addPlayground(api: FastifyInstance, playground: Playground): void {
  api.get('/playground', () => playground.describe());
  const answer = (request: FastifyRequest, reply: FastifyReply) =>
    playground.answer(request, reply);
  api.post('/try-ons', answer);
  api.get('/try-ons/:id', answer);
  api.get('/try-ons/:id/picture', answer);
  api.get('/samples/:id', answer);
}
