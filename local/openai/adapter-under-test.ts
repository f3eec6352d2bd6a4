/** The worker's adapter for tests: one call of two photos, against the local server or any address. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import sharp from 'sharp';
import { type OpenAiOptions, OpenAiProvider } from '../../src/adapters/openai/provider.ts';
import { TaskError } from '../../src/errors.ts';
import type { Picture, PictureRequest } from '../../src/ports/image-provider.ts';
import type { Fault } from '../faults.ts';
import { startOpenAiServer } from './server.ts';

export const never = new AbortController().signal;
/** For a call that must not run out of time, however busy the machine is. */
export const AMPLE_MS = 300_000;
export const OWNER = '7b0c1d5e-0000-4000-8000-000000000001';

export async function request(): Promise<PictureRequest> {
  const jpeg = await sharp({
    create: { width: 64, height: 96, channels: 3, background: '#446688' },
  })
    .jpeg()
    .toBuffer();
  const images = ['model.jpg', 'image_1.jpg'].map((name) => ({ name, jpeg }));
  return { key: 'a:1', images, prompt: 'Dress the person.', endUser: OWNER };
}

export function modelAt(t: TestContext, baseUrl: string, options: Partial<OpenAiOptions> = {}) {
  const model = new OpenAiProvider({
    apiKey: 'sk-test',
    baseUrl,
    model: 'gpt-image-2.6-sunburst',
    quality: 'medium',
    size: '1024x1536',
    complexity: null,
    partialImages: 0,
    timeoutMs: AMPLE_MS,
    useSuccessor: true,
    fetchPicture: () => assert.fail('no link to follow'),
    warn: () => {},
    ...options,
  });
  t.after(() => model[Symbol.asyncDispose]());
  return model;
}

export async function startModel(t: TestContext, options: Partial<OpenAiOptions> = {}) {
  const server = await startOpenAiServer({ plain: true });
  t.after(() => server[Symbol.asyncDispose]());
  const model = modelAt(t, server.baseUrl, { apiKey: server.apiKey, ...options });
  return { server, model };
}

/** The picture of one call, which frees copies of the request's photos. */
export async function edit(
  model: OpenAiProvider,
  asked: PictureRequest,
  signal: AbortSignal,
): Promise<Picture> {
  const images = asked.images.map(({ name, jpeg }) => ({ name, jpeg: Buffer.from(jpeg) }));
  const once = { ...asked, images };
  const submitted = await model.submit(once, AMPLE_MS, signal);
  return submitted.kind === 'picture' ? submitted.picture : assert.fail('a ticket');
}

export async function failureOf(call: Promise<unknown>): Promise<TaskError> {
  const error = await call.then(
    () => assert.fail('the call succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TaskError, String(error));
  return error;
}

export function status(code: number, body: unknown, headers: Record<string, string> = {}): Fault {
  return { kind: 'status', status: code, body, headers };
}

export function json(code: number, body: string): Fault {
  return status(code, body, { 'content-type': 'application/json' });
}

export function html(code: number): Fault {
  return status(code, '<html>Bad day</html>', { 'content-type': 'text/html' });
}
