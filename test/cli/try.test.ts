/**
 * `wearon try` on a local stack: what it says before it pays, what it shows, and when it refuses.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { GARMENTS, PEOPLE } from '../../local/samples/samples.ts';
import { startLocalStack } from '../../local/stack.ts';
import { openRedis } from '../../src/adapters/redis/fail-fast-connection.ts';
import { afterTests } from '../support/after-tests.ts';
import { accessibilityFindings, NO_BROWSER, openPage, startBrowser } from '../support/browser.ts';
import { wearon } from '../support/cli.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

const PHOTOS = [PEOPLE.emma.file, GARMENTS.stripedShirt];
const FLARE = 'openai:gpt-image-2.6-flare+quality=high+size=match';
const PRUNA = 'replicate:prunaai/p-image-try-on';

let folder: string;

const models = await poseModelFolder();
const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wearon-try-'));
});

afterEach(async () => {
  stack.openai.faults.clear();
  await rm(folder, { recursive: true, force: true });
});

function tryOn(args: readonly string[], env: Record<string, string> = {}) {
  // The pose threads of a busy machine need longer than the usual 5 s.
  const ample = { MEDIAPIPE_MODEL_PATH: models, CHECK_TIMEOUT_SECONDS: '60' };
  return wearon({ ...stack.env, ...ample, ...env }, ['try', ...args, '--out', out()]);
}

function out(): string {
  return join(folder, 'out');
}

/** Paid calls, to both vendors. */
function calls(): number {
  return stack.openai.calls.length + stack.replicate.predictions.length;
}

describe('wearon try', () => {
  it('makes a picture and says what it took', async () => {
    const { code, json, stderr } = await tryOn([...PHOTOS, '--yes', '--json']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /openai:gpt-image-2\.6-sunburst .*\$0\.0\d+/);
    const [picture] = json.pictures;
    assert.equal(json.person, null);
    assert.ok(picture.seconds.picture >= 0 && picture.seconds.check > 0);
    assert.ok(Math.abs(picture.forecastUsd / picture.costUsd - 1) < 0.1, JSON.stringify(picture));
    // The local model's plain picture shows no person.
    assert.ok(picture.check.findings.includes('no_person'));
    const { width, height, exif } = await sharp(picture.file).metadata();
    assert.deepEqual([width, height, exif], [1024, 1536, undefined]);
    assert.equal((await stat(picture.file)).mode & 0o077, 0);
    assert.equal(
      (await sharp(stack.openai.calls.at(-1)?.form?.images[0]?.bytes).metadata()).exif,
      undefined,
    );
  });

  it('asks for no money where the local stack makes the picture', async () => {
    const local = { CONSOLE_ORDERS_URL: 'http://127.0.0.1:1' };
    const elsewhere = { ...local, OPENAI_BASE_URL: 'https://gateway.invalid/v1' };
    const paid = await tryOn(PHOTOS, elsewhere);
    assert.deepEqual([paid.code, /pay\? Add --yes/.test(paid.stderr)], [2, true]);
    const free = await tryOn([...PHOTOS, '--json'], local);
    assert.deepEqual([free.code, free.json?.pictures.length], [0, 1], free.stderr);
  });

  it('goes on with the successor of a model that is shut down', async () => {
    const error = { message: 'No such model.', code: 'model_not_found' };
    stack.openai.faults.add({ method: 'POST', kind: 'status', status: 404, body: { error } });
    const args = [...PHOTOS, '--compare', 'openai:gpt-image-2.5-flare', '--yes', '--json'];
    const { code, json, stderr } = await tryOn(args);
    assert.equal(code, 0, stderr);
    assert.equal(json.pictures[0].model, 'gpt-image-2.6-flare');
  });

  it('puts settings side by side, a failure among them', async () => {
    const settings = `${FLARE},replicate:acme/unknown,${PRUNA}`;
    const args = [...PHOTOS, GARMENTS.chinos, '--compare', settings, '--yes'];
    const before = calls();
    const { code, stdout } = await tryOn(args);
    assert.equal(code, 1);
    assert.match(stdout, /replicate:acme\/unknown +PROVIDER_REFUSES_SERVICE \(model_gone\)/);
    assert.match(stdout, /replicate:acme\/unknown: The picture could not be made/);
    assert.match(stdout, /p-image-try-on +made .* \$0\.0230/);
    assert.equal(calls() - before, 2);
    assert.equal(stack.openai.calls.at(-1)?.form?.quality, 'high');
    const names = await readdir(out());
    assert.deepEqual(
      names.sort().map((name) => name.slice(0, 9)),
      ['1-openai-', '3-replica', 'sheet.htm'],
    );
    const sheet = await readFile(join(out(), 'sheet.html'), 'utf8');
    assert.equal(sheet.match(/<article>/g)?.length, 3);
    assert.equal(sheet.match(/<img src="data:image\/jpeg;base64,/g)?.length, 5);
    assert.doesNotMatch(sheet, /https?:/);
  });

  it('neither heeds nor trips the circuit breaker of the tasks', async () => {
    const redis = await openRedis(stack.redis.url);
    await tryOn([...PHOTOS, '--compare', 'replicate:acme/unknown', '--yes']);
    assert.equal(await redis.exists('wearon:gate:replicate:tripped'), 0);
    await redis.mset('wearon:gate:tripped', 'PROVIDER_REFUSES_SERVICE', 'wearon:gate:open', '1');
    const again = await tryOn([...PHOTOS, '--yes']);
    assert.match(again.stderr, /holds a sheet already/);
    await rm(out(), { recursive: true });
    const { code, stderr } = await tryOn([...PHOTOS, '--yes']);
    assert.equal(code, 0, stderr);
    assert.equal(await redis.exists('wearon:gate:tripped'), 1);
    await redis.flushall();
    redis.disconnect();
  });
});

describe('wearon try pays nothing', () => {
  async function refused(args: readonly string[], env: Record<string, string> = {}) {
    const before = calls();
    const result = await tryOn(args, env);
    assert.equal(calls(), before);
    assert.deepEqual(await readdir(folder), []);
    return result;
  }

  it('without a terminal and without --yes, and names the price', async () => {
    const { code, stderr } = await refused(PHOTOS);
    assert.equal(code, 2);
    assert.match(stderr, /One picture with 1 garment for about \$0\.0\d+: pay\? Add --yes/);
  });

  it('without the key of a provider that is compared', async () => {
    const args = [...PHOTOS, '--compare', `openai,${PRUNA}`, '--yes'];
    const { code, stderr } = await refused(args, { REPLICATE_API_TOKEN: '' });
    assert.equal(code, 2);
    assert.match(stderr, /REPLICATE_API_TOKEN for replicate/);
  });

  it('for an unknown setting', async () => {
    const args = [...PHOTOS, '--compare', 'openai+size=1000x1001', '--yes'];
    const { code, stderr } = await refused(args);
    assert.equal(code, 2);
    assert.match(stderr, /1000x1001 is not a size of/);
  });

  it('for a garment that is no image, or not there', async () => {
    const text = join(tmpdir(), `wearon-try-${process.pid}.txt`);
    await writeFile(text, 'This is not a garment.');
    const { code, stderr } = await refused([PEOPLE.ben.file, text, '--yes']);
    await rm(text);
    assert.equal(code, 1);
    assert.match(stderr, /INVALID_IMAGE.*The picture of the garment is in an unsupported format/);
    assert.equal((await refused([PEOPLE.ben.file, text, '--yes'])).code, 2);
  });

  it('for a photo without a person where that is enforced, and warns else', async () => {
    const args = [GARMENTS.leatherBag, GARMENTS.chinos];
    const { stderr } = await refused(args);
    assert.match(stderr, /Person check: no_person/);
    const enforced = await refused([...args, '--yes'], { PERSON_CHECK: 'enforce' });
    assert.equal(enforced.code, 1);
    assert.match(enforced.stderr, /PERSON_UNUSABLE \(no_person\)/);
  });
});

it('a sheet fits a phone, is accessible and loads nothing', { skip: NO_BROWSER }, async () => {
  const settings = `${PRUNA},replicate:acme/a-model-with-a-name-that-is-far-too-long-for-a-phone`;
  const { json } = await tryOn([...PHOTOS, '--compare', settings, '--yes', '--json']);
  const browser = await startBrowser();
  try {
    const url = pathToFileURL(json.sheet).href;
    await using opened = await openPage(browser, url, { width: 390, height: 800 });
    const { page, problems } = opened;
    assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 390);
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});
