/**
 * An image model on the loopback address that speaks OpenAI's `images/edits` and `models`. It dresses
 * the person it is given in the garment it is given, roughly, so that one sees what arrived.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import sharp from 'sharp';
import { Faults } from '../faults.ts';
import { LOOPBACK, onFreePort } from '../loopback.ts';
import { type Call, type OpenCall, recordCall } from './call.ts';
import { dressedPictures } from './dressed-pictures.ts';
import { type EditForm, readEditForm } from './edit-form.ts';
import { offeredModels } from './offered-models.ts';
import { type Draw, plainPictures } from './picture.ts';
import { partialImagesOf, streamedAnswer } from './streamed-answer.ts';
import { usageOf } from './usage.ts';
import { Refusal } from './vendor-errors.ts';

export interface OpenAiServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** The key that requests must carry. Default: a random one. */
  readonly apiKey?: string;
  /** How long a picture takes on top of making it. Default 0. */
  readonly latencyMs?: number;
  /** Answers with a ready-made grey picture, whatever the images show, for benchmarks. Default false. */
  readonly plain?: boolean;
  /** Draws the pictures instead, where a test must know whose picture is whose. */
  readonly draw?: Draw;
}

export interface OpenAiServer extends AsyncDisposable {
  /** Ends with `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly faults: Faults;
  /** Every `images/edits` request that arrived, in order. */
  readonly calls: readonly Call[];
  latencyMs: number;
}

const BODY_LIMIT_BYTES = 128 * 1024 * 1024;

/** Starts the image model; resolves when it listens. */
export async function startOpenAiServer(options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
  const app = fastify({ forceCloseConnections: true, bodyLimit: BODY_LIMIT_BYTES });
  const server = {
    apiKey: options.apiKey ?? `sk-local-${randomUUID()}`,
    faults: new Faults(),
    calls: [] as OpenCall[],
    latencyMs: options.latencyMs ?? 0,
    baseUrl: '',
    [Symbol.asyncDispose]: () => app.close(),
  };
  addRoutes(app, server, options.draw ?? (options.plain ? plainPictures() : dressedPictures()));
  const listen = (port: number) => app.listen({ port, host: LOOPBACK });
  const url = await (options.port === undefined ? onFreePort(listen) : listen(options.port));
  server.baseUrl = `${url}/v1`;
  return server;
}

/** What the routes answer from. */
interface VendorState {
  readonly apiKey: string;
  readonly faults: Faults;
  readonly calls: OpenCall[];
  readonly latencyMs: number;
}

function addRoutes(app: FastifyInstance, vendor: VendorState, draw: Draw): void {
  const callOf = new WeakMap<FastifyRequest, OpenCall>();
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler(sendError);
  app.setNotFoundHandler(async ({ method, url }) => {
    throw new Refusal(404, { message: `Invalid URL (${method} ${url})` });
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', `req_${randomUUID().replaceAll('-', '')}`);
    if (!request.url.startsWith('/v1/images/edits')) return;
    const call = recordCall(reply);
    callOf.set(request, call);
    vendor.calls.push(call);
  });
  vendor.faults.attach(app);
  app.addHook('onRequest', async ({ headers }) => checkKey(headers.authorization, vendor.apiKey));
  app.get('/v1/models', async () => ({ object: 'list', data: offeredModels() }));
  app.post('/v1/images/edits', async (request, reply) => {
    const form = await readEditForm(request.body as Buffer, request.headers['content-type'] ?? '');
    const call = callOf.get(request);
    if (call) call.form = form;
    const partials = partialImagesOf(form);
    if (partials !== null) {
      const pause = () => waitWhileConnected(vendor.latencyMs / (partials + 1), reply);
      const events = streamedAnswer(await answer(form, draw), { ...form, partials }, pause);
      return reply.type('text/event-stream; charset=utf-8').send(Readable.from(events));
    }
    await waitWhileConnected(vendor.latencyMs, reply);
    return answer(form, draw);
  });
}

function checkKey(authorization: string | undefined, apiKey: string): void {
  if (authorization === `Bearer ${apiKey}`) return;
  throw new Refusal(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' });
}

/** A client that goes away must not keep the server busy. */
async function waitWhileConnected(ms: number, reply: FastifyReply): Promise<void> {
  if (ms <= 0) return;
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  await sleep(ms, undefined, { signal: gone.signal });
}

async function answer(form: EditForm, draw: Draw) {
  const sizes = await Promise.all(form.images.map(({ bytes }, index) => sizeOf(bytes, index)));
  const picture = await draw(form);
  return {
    created: Math.floor(Date.now() / 1000),
    background: 'opaque',
    data: [{ b64_json: picture }],
    output_format: form.format,
    quality: form.quality,
    safety_identifier: form.safetyIdentifier,
    size: `${form.width}x${form.height}`,
    usage: usageOf(form, sizes, partialImagesOf(form) ?? 0),
  };
}

async function sizeOf(image: Buffer, index: number): Promise<{ width: number; height: number }> {
  return sharp(image)
    .metadata()
    .catch(() => {
      const message = `Invalid image file or mode for image ${index + 1}, please check your image file.`;
      throw new Refusal(400, { message, param: 'image', code: 'invalid_image_file' });
    });
}

function sendError(error: unknown, _request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Refusal) return reply.code(error.status).send(error.body);
  const { statusCode = 500, message } = error as { statusCode?: number; message: string };
  const type = statusCode < 500 ? 'invalid_request_error' : 'server_error';
  return reply.code(statusCode).send({ error: { message, type, param: null, code: null } });
}
