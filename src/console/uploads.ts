/** The photos of a form that the page sent. */
import type { FastifyRequest } from 'fastify';
import { MAX_IMAGE_BYTES } from '../adapters/web/image-fetcher.ts';
import { refusal } from './parse.ts';

/** The form; 400 where the request has none. */
export async function formOf({ headers, body }: FastifyRequest): Promise<FormData> {
  const type = headers['content-type'] ?? '';
  if (!Buffer.isBuffer(body) || !type.startsWith('multipart/form-data')) {
    throw refusal(415, 'Send a form with photos.');
  }
  const form = new Response(new Uint8Array(body), { headers: { 'content-type': type } });
  return form.formData().catch(() => {
    throw refusal(400, 'The form cannot be read.');
  });
}

/** The files under this name, in their order. */
export async function filesOf(form: FormData, name: string): Promise<Buffer[]> {
  const files = form.getAll(name).filter((value) => value instanceof File);
  if (files.some(({ size }) => size > MAX_IMAGE_BYTES)) {
    throw refusal(413, 'A photo may have 10 MiB at the most.');
  }
  return Promise.all(files.map(async (file) => Buffer.from(await file.arrayBuffer())));
}
