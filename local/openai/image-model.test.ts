/** The worker's image model adapter against the local server, over real HTTP: requests and answers. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import sharp from 'sharp';
import { Semaphore } from '../../src/concurrency/semaphore.ts';
import { prepareImage } from '../../src/tryon/resize.ts';
import {
  AMPLE_MS,
  edit,
  failureOf,
  never,
  OWNER,
  request,
  startModel,
  status,
} from './adapter-under-test.ts';

test('a long photo that is narrow once shrunk has a forecast and is sent', async (t) => {
  const { model } = await startModel(t, { size: 'match' });
  const belt = await sharp({ create: { width: 2048, height: 80, channels: 3, background: '#432' } })
    .jpeg()
    .toBuffer();
  const jpeg = await prepareImage(belt, new Semaphore(1e9), never);
  const { images, ...asked } = await request();
  for (const order of [
    [...images, { name: 'image_2.jpg', jpeg }],
    [{ name: 'model.jpg', jpeg }, ...images],
  ]) {
    assert.ok((model.forecastUsd({ ...asked, images: order }) ?? 0) > 0);
    assert.ok((await edit(model, { ...asked, images: order }, never)).image.length > 0);
  }
});

test('the photos are freed once the request is built', async (t) => {
  const { model } = await startModel(t);
  const { images, ...asked } = await request();
  const jpegs = images.map(({ jpeg }) => Buffer.from(new Uint8Array(jpeg).buffer));
  const own = jpegs.map((jpeg) => ({ name: 'model.jpg', jpeg }));
  const call = model.submit({ ...asked, images: own }, AMPLE_MS, never);
  assert.deepEqual(
    jpegs.map(({ byteLength }) => byteLength),
    [0, 0],
  );
  assert.equal((await call).kind, 'picture');
});

test('an edit sends named images in order and returns picture, tokens, cost', async (t) => {
  const { server, model } = await startModel(t);
  const asked = await request();
  const result = await edit(model, asked, never);
  const { format, width, height } = await sharp(result.image).metadata();
  assert.deepEqual({ format, width, height }, { format: 'jpeg', width: 1024, height: 1536 });
  assert.equal(result.outputTokens, 1210);
  assert.ok((result.inputTokens ?? 0) > 0 && (result.costUsd ?? 0) > 0.0363);

  const form = server.calls[0]?.form;
  const sha256 = createHash('sha256')
    .update(asked.images[0]?.jpeg ?? '')
    .digest('hex');
  assert.deepEqual(
    form?.images.map(({ name, type, sha256 }) => ({ name, type, sha256 })),
    ['model.jpg', 'image_1.jpg'].map((name) => ({ name, type: 'image/jpeg', sha256 })),
  );
  assert.equal(form?.prompt, asked.prompt);
  assert.deepEqual(form?.parameters, {
    model: 'gpt-image-2.6-sunburst',
    quality: 'medium',
    size: '1024x1536',
    n: '1',
    output_format: 'jpeg',
    safety_identifier: createHash('sha256').update(OWNER).digest('hex'),
  });
});

test('only what the model accepts is sent', async (t) => {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const { server, model } = await startModel(t, { model: 'gpt-image-2', quality: 'max', warn });
  await edit(model, await request(), never);
  assert.equal(server.calls[0]?.form?.parameters.quality, 'high');
  assert.equal(warnings.length, 1);
});

test('an unknown model gets the common parameters, no cost and one warning', async (t) => {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const { server, model } = await startModel(t, { model: 'acme/dress-up', warn });
  const first = await edit(model, await request(), never);
  await edit(model, await request(), never);
  assert.equal(first.costUsd, null);
  assert.equal(first.outputTokens, 1210);
  assert.equal(warnings.length, 1);
  assert.deepEqual(Object.keys(server.calls[0]?.form?.parameters ?? {}).sort(), [
    'model',
    'n',
    'output_format',
    'quality',
    'safety_identifier',
    'size',
  ]);
});

test('a picture is read however a gateway writes its base64', async (t) => {
  const { server, model } = await startModel(t);
  const [{ jpeg } = assert.fail()] = (await request()).images;
  const base64 = Buffer.from(jpeg).toString('base64');
  const lines = base64.replace(/(.{76})/g, '$1\r\n');
  const forms = [
    { b64_json: `data:image/jpeg;base64,${base64}` },
    { b64_json: lines },
    { b64_json: null, url: `data:image/jpeg;base64,${lines}` },
  ];
  for (const item of forms) {
    server.faults.add(status(200, { data: [item] }));
    const { image } = await edit(model, await request(), never);
    assert.equal(Buffer.from(image).toString('base64'), base64);
  }
});

test('a picture behind a link is fetched, three times at most', async (t) => {
  const { images } = await request();
  const links: string[] = [];
  let failures = 1;
  const fetchPicture = async (url: string) => {
    links.push(url);
    if (failures > 0) {
      failures -= 1;
      throw new Error('not yet');
    }
    return images[0]?.jpeg ?? assert.fail();
  };
  const { server, model } = await startModel(t, { fetchPicture });
  const link = 'https://files.example/picture.jpg';
  server.faults.add(status(200, { data: [{ url: link }] }));
  const { image } = await edit(model, await request(), never);
  assert.deepEqual(image, images[0]?.jpeg);
  assert.deepEqual(links, [link, link]);

  failures = Number.POSITIVE_INFINITY;
  server.faults.add(status(200, { data: [{ url: link }] }));
  const error = await failureOf(edit(model, await request(), never));
  assert.deepEqual([error.code, error.detail], ['PROVIDER_MALFORMED', 'picture_not_fetched']);
  assert.equal(links.length, 5);
});

test('the offered models come with the days on which they end', async (t) => {
  const { server, model } = await startModel(t);
  const offered = await model.listModels();
  assert.ok(offered.some(({ name }) => name === 'gpt-image-2.6-sunburst'));
  server.faults.add(status(200, { data: [{ id: 'old', shutdown_date: '2026-12-01' }] }));
  assert.deepEqual(await model.listModels(), [{ name: 'old', shutdownDate: '2026-12-01' }]);
  server.faults.add(status(401, {}));
  assert.equal((await failureOf(model.listModels())).code, 'PROVIDER_REFUSES_SERVICE');
});
