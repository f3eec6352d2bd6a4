import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { type OpenAiServerOptions, startOpenAiServer } from './server.ts';

async function start(t: TestContext, options: OpenAiServerOptions = {}) {
  const server = await startOpenAiServer({ plain: true, ...options });
  t.after(() => server[Symbol.asyncDispose]());
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const edit = (form: FormData, init: RequestInit = {}) =>
    fetch(`${server.baseUrl}/images/edits`, { method: 'POST', headers, body: form, ...init });
  return { server, edit, headers };
}

const photo = await sharp({ create: { width: 64, height: 96, channels: 3, background: '#468' } })
  .jpeg()
  .toBuffer();

interface Answer {
  data: { b64_json: string }[];
  usage: {
    total_tokens: number;
    input_tokens: number;
    output_tokens: number;
    output_tokens_details: { image_tokens: number };
  };
  error: { type: string; code: string | null };
}

async function read(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}

interface Parts {
  prompt?: string;
  images?: number;
  type?: string;
  bytes?: Buffer;
  [parameter: string]: unknown;
}

function formOf({
  prompt = 'Dress me.',
  images = 2,
  type,
  bytes = photo,
  ...rest
}: Parts): FormData {
  const form = new FormData();
  for (let index = 0; index < images; index += 1) {
    const file = new File([new Uint8Array(bytes)], `${index}.jpg`, { type: type ?? 'image/jpeg' });
    form.append('image[]', file);
  }
  if (prompt !== '') form.set('prompt', prompt);
  for (const [name, value] of Object.entries(rest)) form.set(name, String(value));
  return form;
}

test('the answer has the requested size and format, and adds up', async (t) => {
  const { edit } = await start(t);
  for (const output_format of ['jpeg', 'png', 'webp']) {
    const form = formOf({ size: '768x1152', output_format, model: 'gpt-image-2', quality: 'low' });
    const { data, usage } = await read(await edit(form));
    const picture = Buffer.from(data[0]?.b64_json ?? '', 'base64');
    const { format, width, height } = await sharp(picture).metadata();
    assert.deepEqual(
      { format, width, height },
      { format: output_format, width: 768, height: 1152 },
    );
    assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
    assert.equal(usage.output_tokens_details.image_tokens, usage.output_tokens);
  }
});

const refused: Record<string, { parts: Parts; status?: number; code: string | null }> = {
  'more than 16 images': { parts: { images: 17 }, code: 'invalid_value' },
  'no image': { parts: { images: 0 }, code: 'missing_required_parameter' },
  'no prompt': { parts: { prompt: '' }, code: 'missing_required_parameter' },
  'a prompt that is too long': {
    parts: { prompt: 'x'.repeat(32_001) },
    code: 'string_above_max_length',
  },
  'a parameter that it does not know': { parts: { steps: 30 }, code: 'unknown_parameter' },
  'a parameter of another model': {
    parts: { model: 'gpt-image-2', input_fidelity: 'high' },
    code: 'unknown_parameter',
  },
  'complexity for a model without it': {
    parts: { model: 'gpt-image-2.5-flare', complexity: 'low' },
    code: 'unknown_parameter',
  },
  'an unknown quality': { parts: { quality: 'superb' }, code: 'invalid_value' },
  'a quality of another model': {
    parts: { model: 'gpt-image-2', quality: 'max' },
    code: 'invalid_value',
  },
  'a size that is no multiple of 16': {
    parts: { model: 'gpt-image-2', size: '1000x1000' },
    code: 'invalid_value',
  },
  'a file of another type': { parts: { type: 'image/gif' }, code: 'unsupported_file_mimetype' },
  'a file that is no image': { parts: { bytes: Buffer.from('text') }, code: 'invalid_image_file' },
  'a model that was shut down': {
    parts: { model: 'gpt-image-1' },
    status: 404,
    code: 'model_not_found',
  },
};

for (const [what, { parts, status = 400, code }] of Object.entries(refused)) {
  test(`${what} is refused as OpenAI refuses it`, async (t) => {
    const { edit } = await start(t);
    const response = await edit(formOf(parts));
    const { error } = await read(response);
    assert.deepEqual({ status: response.status, code: error.code }, { status, code });
    assert.equal(error.type, 'invalid_request_error');
  });
}

test('a wrong key is refused before anything is read', async (t) => {
  const { server, edit } = await start(t);
  const response = await edit(formOf({}), { headers: { authorization: 'Bearer sk-other' } });
  assert.equal(response.status, 401);
  assert.equal((await read(response)).error.code, 'invalid_api_key');
  assert.equal(server.calls[0]?.form, null);
});

test('what is not served is an error in the vendor’s form', async (t) => {
  const { server, headers } = await start(t);
  const response = await fetch(`${server.baseUrl}/images/generations`, { method: 'POST', headers });
  assert.equal(response.status, 404);
  assert.equal((await read(response)).error.type, 'invalid_request_error');
});

test('a call is recorded with what arrived and how it ended', async (t) => {
  const { server, edit } = await start(t);
  await (await edit(formOf({ images: 3, n: 1 }))).arrayBuffer();
  const [call] = server.calls;
  await call?.ended;
  assert.deepEqual(
    { outcome: call?.outcome, status: call?.status },
    { outcome: 'answered', status: 200 },
  );
  assert.deepEqual(
    call?.form?.images.map(({ name, bytes }) => [name, bytes.length]),
    [0, 1, 2].map((index) => [`${index}.jpg`, photo.length]),
  );
});

test('a client that gives up during the latency leaves an aborted call', async (t) => {
  const { server, edit } = await start(t, { latencyMs: 60_000 });
  const stop = new AbortController();
  const hold = server.faults.add({ kind: 'hold' });
  const answer = assert.rejects(edit(formOf({}), { signal: stop.signal }));
  await hold.hit;
  hold.release();
  stop.abort();
  await answer;
  await server.calls[0]?.ended;
  assert.equal(server.calls[0]?.outcome, 'aborted');
});

test('a port can be asked for, so that a server can come back where it was', async (t) => {
  const first = await startOpenAiServer({ plain: true });
  const port = Number(new URL(first.baseUrl).port);
  await first[Symbol.asyncDispose]();
  const { server } = await start(t, { port, apiKey: 'sk-known' });
  assert.equal(server.baseUrl, `http://127.0.0.1:${port}/v1`);
  assert.equal(server.apiKey, 'sk-known');
});
