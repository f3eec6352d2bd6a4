/** The local Replicate, held to the vendor's own client. */
import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import Replicate from 'replicate';
import sharp from 'sharp';
import { type ReplicateServer, startReplicateServer } from './server.ts';

const MODEL = 'prunaai/p-image-try-on';
let server: ReplicateServer;
let client: Replicate;
let input: { person_image: string; garment_images: string[] };

before(async () => {
  server = await startReplicateServer({ plain: true });
  client = new Replicate({ auth: server.token, baseUrl: server.baseUrl, useFileOutput: false });
  const jpeg = await sharp({
    create: { width: 96, height: 128, channels: 3, background: '#446688' },
  })
    .jpeg()
    .toBuffer();
  const photo = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  input = { person_image: photo, garment_images: [photo, photo] };
});

afterEach(() => Object.assign(server, { startMs: 0, failWith: null }));

after(() => server?.[Symbol.asyncDispose]());

it('the client runs a model and gets the link to its picture', async () => {
  const link = await client.run(MODEL, { input });
  const picture = await fetch(String(link));
  const { width, height } = await sharp(await picture.arrayBuffer()).metadata();
  assert.deepEqual({ width, height }, { width: 96, height: 128 });
  assert.equal(server.predictions.at(-1)?.billedUsd, 0.015 + 0.008);
});

it('the client creates, polls, finds and waits for a prediction', async () => {
  const created = await client.predictions.create({ model: MODEL, input });
  assert.equal(created.status, 'starting');
  const ended = await client.wait(created, { interval: 10 });
  assert.equal(ended.status, 'succeeded');
  assert.equal((await client.predictions.get(created.id)).output, ended.output);
  const { results } = await client.predictions.list();
  assert.equal(results[0]?.id, created.id);
  assert.deepEqual(Object.keys(results[0]?.input ?? {}), ['person_image', 'garment_images']);
});

it('a prediction that is cancelled before its start bills nothing', async () => {
  server.startMs = 60_000;
  const created = await client.predictions.create({ model: MODEL, input });
  assert.equal((await client.predictions.cancel(created.id)).status, 'canceled');
  assert.equal(server.predictions.at(-1)?.billedUsd, 0);
});

it('the client sees refusals and failures as the vendor’s', async () => {
  await assert.rejects(client.predictions.create({ model: 'a/b', input }), /status 404/);
  await assert.rejects(client.predictions.create({ model: MODEL, input: {} }), /status 422/);
  const stranger = new Replicate({ auth: 'r8_wrong', baseUrl: server.baseUrl });
  await assert.rejects(stranger.accounts.current(), /status 401/);
  server.failWith = 'CUDA out of memory';
  await assert.rejects(client.run(MODEL, { input }), /CUDA out of memory/);
});
