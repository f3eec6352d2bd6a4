/**
 * What the worker's console orders try-ons through on a local stack: a store with credits, the
 * sample photos, and the platform's own way of ordering. The worker itself never charges anyone.
 */
import { readFile } from 'node:fs/promises';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { LOOPBACK, onFreePort } from './loopback.ts';
import {
  balanceOf,
  type Customer,
  createStore,
  type Platform,
  requestTryOn,
  sessionOf,
  type TryOn,
  uploadPhoto,
} from './platform.ts';
import { GARMENTS, PEOPLE } from './samples/samples.ts';

export interface PlaygroundServer extends AsyncDisposable {
  /** For CONSOLE_ORDERS_URL. */
  readonly url: string;
}

interface Sample {
  readonly id: string;
  readonly label: string;
  readonly file: string;
  /** Of people. */
  readonly heightCm?: number;
  /** By the local image model. */
  readonly isRefused?: boolean;
}

const SAMPLES: { readonly people: readonly Sample[]; readonly garments: readonly Sample[] } = {
  people: Object.entries(PEOPLE).map(([id, { file, heightCm }]) => ({
    id,
    label: id === 'doNotUse' ? 'Refused person' : labelOf(id),
    file,
    heightCm,
    isRefused: id === 'doNotUse',
  })),
  garments: Object.entries(GARMENTS).map(([id, file]) => ({ id, label: labelOf(id), file })),
};
const FILES = new Map(
  [...SAMPLES.people, ...SAMPLES.garments].map(({ id, file }) => [id, file] as const),
);
const MOST_BODY_BYTES = 64 * 1024 * 1024;
const CREDITS = 100;

function labelOf(id: string): string {
  const words = id.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A try-on that was ordered here, and the balance before it. */
interface Ordered {
  readonly tryOn: TryOn;
  readonly creditsBefore: number | null;
}

/** Starts it on the platform of a local stack. */
export async function startPlayground(platform: Platform): Promise<PlaygroundServer> {
  const customer = await createStore(platform, { credits: CREDITS });
  const ordered = new Map<string, Ordered>();
  const app = fastify({ bodyLimit: MOST_BODY_BYTES, forceCloseConnections: true });
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  addSamples(app);
  app.post('/try-ons', async (request, reply) => {
    const photos = await photosOf(request);
    if (photos.length < 2) return reply.code(400).send({ error: 'Give a person and a garment.' });
    const creditsBefore = await balanceOf(platform, customer);
    const tryOn = await order(platform, customer, photos);
    ordered.set(tryOn.sessionId, { tryOn, creditsBefore });
    return reply.code(202).send({ sessionId: tryOn.sessionId, creditsBefore });
  });
  addResults(app, platform, ordered);
  const url = await onFreePort((port) => app.listen({ port, host: LOOPBACK }));
  return { url, [Symbol.asyncDispose]: () => app.close() };
}

function addSamples(app: FastifyInstance): void {
  const shown = (samples: readonly Sample[]) => samples.map(({ file: _, ...sample }) => sample);
  app.get('/samples', async () => ({
    people: shown(SAMPLES.people),
    garments: shown(SAMPLES.garments),
  }));
  app.get<{ Params: { id: string } }>('/samples/:id', async ({ params }, reply) => {
    const file = FILES.get(params.id);
    if (file === undefined) return reply.code(404).send({ error: 'There is no such sample.' });
    return reply.type('image/jpeg').send(await readFile(file));
  });
}

type ById = { Params: { id: string } };

function addResults(
  app: FastifyInstance,
  platform: Platform,
  ordered: ReadonlyMap<string, Ordered>,
): void {
  app.get<ById>('/try-ons/:id', async ({ params }, reply) => {
    const found = ordered.get(params.id);
    const row = found && (await sessionOf(platform, found.tryOn));
    if (!found || !row) return reply.code(404).send({ error: 'There is no such try-on.' });
    return {
      status: row.status,
      error: row.error_message,
      costUsd: row.estimated_cost_usd === null ? null : Number(row.estimated_cost_usd),
      creditsBefore: found.creditsBefore,
      creditsAfter: await balanceOf(platform, found.tryOn.customer),
    };
  });
  app.get<ById>('/try-ons/:id/picture', async ({ params }, reply) => {
    const found = ordered.get(params.id);
    const row = found && (await sessionOf(platform, found.tryOn));
    const picture = row?.generated_image_url ? await fetch(row.generated_image_url) : null;
    if (!picture?.ok) return reply.code(404).send({ error: 'There is no picture.' });
    return reply.type('image/jpeg').send(Buffer.from(await picture.arrayBuffer()));
  });
}

/** The photos of the form, in its order: files under `photo`, samples by their ids under `sample`. */
async function photosOf({ headers, body }: FastifyRequest): Promise<Buffer[]> {
  if (!Buffer.isBuffer(body)) return [];
  const type = { 'content-type': headers['content-type'] ?? '' };
  const form = await new Response(new Uint8Array(body), { headers: type }).formData();
  const photos: Buffer[] = [];
  for (const [name, value] of form) {
    const sample = name === 'sample' ? FILES.get(String(value)) : undefined;
    if (sample !== undefined) photos.push(await readFile(sample));
    if (value instanceof File) photos.push(Buffer.from(await value.arrayBuffer()));
  }
  return photos;
}

/** Storage judges a file by what it is said to be. */
function typeOf(photo: Buffer): 'image/jpeg' | 'image/png' | 'image/webp' {
  if (photo.subarray(0, 4).toString('latin1') === '\x89PNG') return 'image/png';
  return photo.subarray(8, 12).toString('latin1') === 'WEBP' ? 'image/webp' : 'image/jpeg';
}

async function order(
  platform: Platform,
  customer: Customer,
  photos: readonly Buffer[],
): Promise<TryOn> {
  const uploads = photos.map((bytes, at) => {
    const shows = at === 0 ? 'model' : at === 1 ? 'outfit' : 'accessory';
    return uploadPhoto(platform, customer, { bytes, contentType: typeOf(bytes), shows });
  });
  return requestTryOn(platform, { customer, imageUrls: await Promise.all(uploads) });
}
