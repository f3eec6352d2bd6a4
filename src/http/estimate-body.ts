/**
 * `POST /estimate-body`: a photo's link and a height in, measurements and a size out. Answers what
 * the platform expects within 4.5 s, and keeps nothing of the photo.
 */
import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { SizeEvent } from '../ports/events.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import {
  type SizeDeps,
  type SizeOrder,
  type SizeOutcome,
  sizeFromLink,
} from '../size-pipeline/recommend-size.ts';
import { ORIGINAL_CHART, type SizeChart } from '../sizing/size-chart.ts';
import {
  estimateBodyAnswer,
  estimateBodyQuery,
  estimateBodyRefusal,
  estimateBodyRequest,
  problem,
} from './estimate-body-schemas.ts';
import { fieldErrorsOf } from './field-errors.ts';
import { ClientGone, Refusal } from './refusal.ts';
import { isSameSecret } from './same-secret.ts';
import { answerOf, orderOf } from './size-answer.ts';
import { eventOfRefusal, hashOfUrl } from './size-events.ts';

export interface EstimateBodyDeps extends SizeDeps {
  readonly fetcher: ImageFetcher;
  /** The charts that a request may name. */
  readonly charts: readonly SizeChart[];
  readonly record: (event: SizeEvent) => void;
}

export interface EstimateBodyProtection {
  /** Required in the header X-Worker-Secret; null requires nothing. */
  readonly secret: string | null;
  /** Per client (an IPv4 address or an IPv6 /64), wrong secrets included; 0 sets no limit. */
  readonly requestsPerMinute: number;
  /** Requests under way at once, downloads included; more are turned away. Default 32. */
  readonly maxUnderWay?: number;
  /** For a whole request; the platform gives up after 5 s. Default 4,400. */
  readonly deadlineMs?: number;
}

const REQUEST_ID = 'x-request-id';
const MAX_REQUEST_ID_CHARACTERS = 256;
const DEFAULT_UNDER_WAY = 32;
const DEFAULT_DEADLINE_MS = 4_400;
/** Reaches no one; nginx logs the same status. */
const CLIENT_GONE_STATUS = 499;

const ANSWERS = {
  200: estimateBodyAnswer,
  400: estimateBodyRefusal,
  401: estimateBodyRefusal,
  422: estimateBodyRefusal,
  429: estimateBodyRefusal,
  500: estimateBodyRefusal,
  503: estimateBodyRefusal,
  default: { content: { 'application/problem+json': { schema: problem } } },
} as const;

/** Adds the route to a server with zod compilers. Protections are off unless they are asked for. */
export async function registerEstimateBody(
  server: FastifyInstance,
  deps: EstimateBodyDeps,
  protection: EstimateBodyProtection,
): Promise<void> {
  const refuseTooMany = await limitClients(server, protection.requestsPerMinute);
  let underWay = 0;
  // An estimator that knows the original's chart only refuses requests for another one.
  const charts = deps.estimator.takesCharts ? deps.charts : [ORIGINAL_CHART];
  const names = charts.map(({ name }) => name);
  server.withTypeProvider<ZodTypeProvider>().post('/estimate-body', {
    schema: {
      tags: ['sizing'],
      summary: 'Measurements and a size from one photo and a height',
      body: estimateBodyRequest(names, deps.estimator.takesCharts),
      querystring: estimateBodyQuery,
      response: ANSWERS,
    },
    onRequest: async (request, reply) => {
      reply.header(REQUEST_ID, givenRequestId(request) ?? `req_${randomUUID()}`);
      // Before the secret, so that guesses are counted.
      await refuseTooMany(request);
      requireSecret(request, protection.secret);
    },
    errorHandler: (error, request, reply) => sendError(error, request, reply, deps),
    handler: async ({ body, query }, reply) => {
      const { maxUnderWay = DEFAULT_UNDER_WAY, deadlineMs = DEFAULT_DEADLINE_MS } = protection;
      if (underWay >= maxUnderWay) throw new Refusal('BUSY');
      underWay += 1;
      try {
        const order = orderOf(body, charts);
        const size = await withinDeadline(reply, deadlineMs, (signal) =>
          estimateSize(body.image_url, order, reply, deps, signal),
        );
        return answerOf(size, query.include === 'landmarks');
      } finally {
        underWay -= 1;
      }
    },
  });
}

/** Throws a Refusal for requests of a client beyond `perMinute`. The plugin counts an IPv6 /64 as one client. */
async function limitClients(
  server: FastifyInstance,
  perMinute: number,
): Promise<(request: FastifyRequest) => Promise<void>> {
  if (perMinute === 0) return async () => {};
  await server.register(rateLimit, { global: false });
  const count = server.createRateLimit({ max: perMinute, timeWindow: 60_000 });
  return async (request) => {
    const rate = await count(request);
    if (rate.isAllowed || !rate.isExceeded) return;
    throw new Refusal('RATE_LIMITED', { retryAfterSeconds: rate.ttlInSeconds });
  };
}

/** The client's id when it is fit to be echoed: printable ASCII, and not endless. */
function givenRequestId({ headers }: FastifyRequest): string | null {
  const given = headers[REQUEST_ID];
  const isFit =
    typeof given === 'string' &&
    given.length <= MAX_REQUEST_ID_CHARACTERS &&
    /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(given);
  return isFit ? given : null;
}

function requestIdOf(reply: FastifyReply): string {
  return String(reply.getHeader(REQUEST_ID));
}

function requireSecret({ headers }: FastifyRequest, secret: string | null): void {
  if (secret === null || isSameSecret(String(headers['x-worker-secret'] ?? ''), secret)) return;
  throw new Refusal('UNAUTHORIZED');
}

/** Aborts the work at the deadline, and when the client hangs up. */
async function withinDeadline<T>(
  reply: FastifyReply,
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const tooLate = () => stop.abort(new Refusal('TOOK_TOO_LONG'));
  const remaining = deadlineMs - reply.elapsedTime;
  const timer = setTimeout(tooLate, remaining);
  const gone = () => stop.abort(new ClientGone());
  reply.raw.once('close', gone);
  try {
    return await work(stop.signal);
  } finally {
    clearTimeout(timer);
    reply.raw.off('close', gone);
  }
}

/** The size with its events. Throws a Refusal when the photo, or the moment, allows none. */
async function estimateSize(
  imageUrl: string,
  order: SizeOrder,
  reply: FastifyReply,
  deps: EstimateBodyDeps,
  signal: AbortSignal,
): Promise<Extract<SizeOutcome, { kind: 'estimated' }>> {
  const requestId = requestIdOf(reply);
  const imageUrlHash = hashOfUrl(imageUrl);
  const { heightCm } = order.facts;
  deps.record({ event: 'size_rec_request_started', requestId, imageUrlHash, heightCm });
  const outcome = await sizeFromLink(imageUrl, order, deps, signal);
  if (outcome.kind === 'refused') throw new Refusal(outcome.code, outcome);
  const { recommendedSize, confidence } = outcome.estimate;
  const durationMs = Math.round(reply.elapsedTime);
  deps.record({
    event: 'size_rec_request_succeeded',
    ...{ requestId, recommendedSize, confidence, durationMs },
  });
  return outcome;
}

/** Errors of HTTP itself, such as a body that is too large, are left to the server's handler. */
function sendError(
  error: FastifyError | Refusal | ClientGone,
  request: FastifyRequest,
  reply: FastifyReply,
  { record }: EstimateBodyDeps,
): FastifyReply {
  if (error instanceof Refusal) return sendRefusal(error, reply, record);
  if (error instanceof ClientGone) {
    record({ event: 'size_rec_client_gone', requestId: requestIdOf(reply) });
    return reply.code(CLIENT_GONE_STATUS).send();
  }
  const detail = fieldErrorsOf(error, request);
  if (detail !== null)
    return reply.code(422).send({ detail, code: 'INVALID_REQUEST', reasons: [] });
  if ((error.statusCode ?? 500) < 500) throw error;
  record({ event: 'size_rec_unexpected_error', requestId: requestIdOf(reply), error });
  return sendRefusal(new Refusal('INTERNAL'), reply, record);
}

function sendRefusal(
  refusal: Refusal,
  reply: FastifyReply,
  record: EstimateBodyDeps['record'],
): FastifyReply {
  const event = eventOfRefusal(refusal, requestIdOf(reply));
  if (event !== null) record(event);
  if (refusal.retryAfterSeconds !== null) reply.header('retry-after', refusal.retryAfterSeconds);
  const { detail, code, reasons, advice } = refusal;
  const body = { detail, code, reasons: [...reasons], ...(advice.length > 0 && { advice }) };
  return reply.code(refusal.status).send(body);
}
