/**
 * Replicate on the loopback address: predictions with ids, deadlines and cancelling, and the files
 * that they make. It draws as the local OpenAI does.
 */
import { createHash, randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import { Faults } from '../faults.ts';
import { LOOPBACK, onFreePort } from '../loopback.ts';
import { dressedPictures } from '../openai/dressed-pictures.ts';
import { type Draw, plainPictures } from '../openai/picture.ts';
import { create, Refusal } from './create-prediction.ts';
import { end, type LocalPrediction, view } from './predictions.ts';

export interface ReplicateServerOptions {
  /** The token that requests must carry. Default: a random one. */
  readonly token?: string;
  /** Answers with a ready-made grey picture, whatever the images show. Default false. */
  readonly plain?: boolean;
  /** Draws the pictures instead. */
  readonly draw?: Draw;
}

export interface ReplicateServer extends AsyncDisposable {
  /** Ends with `/v1`. */
  readonly baseUrl: string;
  readonly token: string;
  readonly faults: Faults;
  /** Every prediction that was created, in order. */
  readonly predictions: readonly LocalPrediction[];
  /** How long a prediction stays `starting`, and then `processing` on top of drawing, ms. */
  startMs: number;
  runMs: number;
  /** Set: predictions fail with this text. */
  failWith: string | null;
}

const BODY_LIMIT_BYTES = 128 * 1024 * 1024;
const PAGE_SIZE = 100;
const MODELS = ['prunaai/p-image-try-on', 'openai/gpt-image-2.6-sunburst'];

/** The one version of every model. */
export const VERSION = createHash('sha256').update('local').digest('hex');

type State = { -readonly [K in keyof ReplicateServer]: ReplicateServer[K] } & {
  predictions: LocalPrediction[];
};

/** Starts it; resolves when it listens. */
export async function startReplicateServer(
  options: ReplicateServerOptions = {},
): Promise<ReplicateServer> {
  const app = fastify({ forceCloseConnections: true, bodyLimit: BODY_LIMIT_BYTES });
  const state: State = {
    baseUrl: '',
    token: options.token ?? `r8_local${randomUUID().replaceAll('-', '')}`,
    faults: new Faults(),
    predictions: [],
    startMs: 0,
    runMs: 0,
    failWith: null,
    [Symbol.asyncDispose]: () => app.close(),
  };
  addRoutes(app, state, options.draw ?? (options.plain ? plainPictures() : dressedPictures()));
  state.baseUrl = `${await onFreePort((port) => app.listen({ port, host: LOOPBACK }))}/v1`;
  return state;
}

function addRoutes(app: FastifyInstance, state: State, draw: Draw): void {
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Refusal ? error.status : 500;
    return reply.code(status).send({ title: 'Error', detail: (error as Error).message, status });
  });
  // The vendor's client says that it sends JSON, also where it sends nothing.
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body === '' ? {} : JSON.parse(String(body))),
  );
  state.faults.attach(app);
  app.addHook('onRequest', async ({ url, headers }) => {
    if (url.startsWith('/files/') || headers.authorization === `Bearer ${state.token}`) return;
    throw new Refusal(401, 'You did not pass a valid authentication token');
  });
  const byId = (id: string) => {
    const found = state.predictions.find((prediction) => prediction.id === id);
    if (found === undefined) throw noSuchResource();
    return found;
  };
  app.get('/v1/account', async () => ({ type: 'organization', username: 'local' }));
  app.get<Model>('/v1/models/:owner/:name', async ({ params }) => modelOf(params));
  app.get<Version>('/v1/models/:owner/:name/versions/:version', async ({ params }) => {
    const model = modelOf(params);
    if (params.version !== VERSION) throw noSuchResource();
    return { id: VERSION, model };
  });
  app.get<Page>('/v1/predictions', async ({ query }) => page(state, Number(query.cursor ?? 0)));
  app.get<One>('/v1/predictions/:id', async ({ params }) => view(byId(params.id), state.baseUrl));
  app.post<One>('/v1/predictions/:id/cancel', async ({ params }) => {
    end(byId(params.id), 'canceled');
    return view(byId(params.id), state.baseUrl);
  });
  app.post<One>('/v1/models/:owner/:name/predictions', async ({ params, body, headers }, reply) => {
    const { name } = modelOf(params as unknown as Model['Params']);
    return create(state, draw, { model: name, body, headers }, reply);
  });
  app.post('/v1/predictions', async ({ body, headers }, reply) =>
    create(state, draw, { model: MODELS[0] ?? '', body, headers }, reply),
  );
  app.get<One>('/files/:id', async ({ params }, reply) => {
    const { picture } = byId(params.id.replace(/\.jpg$/, ''));
    return picture === null ? reply.code(404).send() : reply.type('image/jpeg').send(picture);
  });
}

interface One {
  Params: { id: string };
}
interface Page {
  Querystring: { cursor?: string };
}
interface Model {
  Params: { owner: string; name: string };
}

interface Version {
  Params: Model['Params'] & { version: string };
}

function noSuchResource(): Refusal {
  return new Refusal(404, 'The requested resource could not be found.');
}

function modelOf({ owner, name }: Model['Params']) {
  if (!MODELS.includes(`${owner}/${name}`)) throw noSuchResource();
  return { owner, name: `${owner}/${name}`, visibility: 'public' };
}

/** The newest first. */
function page({ predictions, baseUrl }: State, from: number) {
  const newest = predictions.toReversed();
  const hasMore = newest.length > from + PAGE_SIZE;
  return {
    previous: null,
    next: hasMore ? `${baseUrl}/predictions?cursor=${from + PAGE_SIZE}` : null,
    results: newest.slice(from, from + PAGE_SIZE).map((prediction) => view(prediction, baseUrl)),
  };
}
