/** `wearon doctor` on the image models and on webhooks. */
import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { VERSION } from '../../local/replicate/server.ts';
import { startLocalStack } from '../../local/stack.ts';
import { checkWebhooks } from '../../src/cli/doctor/webhooks.ts';
import { afterTests } from '../support/after-tests.ts';
import { type Case, doctorOn } from '../support/doctor.ts';
import { WEBHOOK_SECRET } from '../support/webhook-receiver.ts';

const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));
const doctor = doctorOn(stack);
const { examine, theFinding } = doctor;

const NAMED = { IMAGE_PROVIDERS: 'openai,replicate' };

describe('the doctor finds', () => {
  const cases: readonly Case[] = [
    [
      "that OpenAI's key is refused",
      { OPENAI_API_KEY: 'sk-wrong' },
      { name: /^OpenAI key$/, finding: /^refused$/ },
    ],
    [
      'that OpenAI is away',
      { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' },
      { finding: /not reachable/ },
    ],
    [
      'that OPENAI_BASE_URL lacks its path',
      { OPENAI_BASE_URL: new URL(stack.openai.baseUrl).origin },
      { name: /^OpenAI$/, finding: /knows no \/models/, fix: /OPENAI_BASE_URL: .*\/v1/ },
    ],
    [
      'that the model makes no pictures of the size',
      { OPENAI_IMAGE_SIZE: '1000x1001' },
      { name: /^picture size$/ },
    ],
    [
      "that Replicate's token is refused",
      { ...NAMED, REPLICATE_API_TOKEN: 'r8_wrong' },
      {
        name: /^Replicate token$/,
        state: /^fail$/,
        finding: /^refused$/,
        fix: /REPLICATE_API_TOKEN/,
      },
    ],
  ];
  for (const one of cases) it(one[0], () => doctor.assertFinds(one));
});

describe('the doctor finds of the image model', () => {
  it('that it is shut down', async () => {
    const { found, code } = await examine({ OPENAI_IMAGE_MODEL: 'gpt-image-1' });
    assert.equal(code, 1);
    const shutDown = found.find(({ finding }) => finding.includes('was shut down on 2026-10-23'));
    assert.equal(shutDown?.state, 'fail');
    assert.match(shutDown?.fix ?? '', /OPENAI_IMAGE_MODEL=gpt-image/);
  });

  it('that the key may not use it, or that no one knows it', async () => {
    const { found } = await examine({ OPENAI_IMAGE_MODEL: 'dall-e-9' });
    assert.deepEqual(
      found.map(({ state }) => state),
      ['fail', 'warn'],
    );
  });
});

describe('the doctor finds of Replicate', () => {
  it('nothing where all is well, and does not ask where it is not named', async () => {
    const check = async (env: Record<string, string>) =>
      (await examine(env)).checks.find(({ name }) => name === 'Replicate');
    const found = await check(NAMED);
    const finding = 'takes the token and has prunaai/p-image-try-on';
    assert.deepEqual([found?.state, found?.finding], ['ok', finding]);
    assert.equal(await check({}), undefined);
  });

  it('that it has no such model, or no such version of it', async () => {
    for (const model of ['acme/unknown', `prunaai/p-image-try-on:${'0'.repeat(64)}`]) {
      const check = await theFinding({ ...NAMED, REPLICATE_MODEL: model });
      assert.deepEqual([check.state, check.finding], ['fail', `has no model ${model}`]);
    }
    const model = `prunaai/p-image-try-on:${VERSION}`;
    assert.deepEqual((await examine({ ...NAMED, REPLICATE_MODEL: model })).found, []);
  });

  it('that it is away, or limits the rate', async () => {
    const away = await theFinding({ ...NAMED, REPLICATE_BASE_URL: 'http://127.0.0.1:1/v1' });
    assert.deepEqual([away.state, away.finding], ['fail', 'not reachable']);
    stack.replicate.faults.add({ kind: 'status', status: 429 });
    const busy = await theFinding(NAMED);
    assert.deepEqual([busy.state, busy.finding], ['warn', 'limits the rate']);
  });
});

describe('the doctor on webhooks', () => {
  const secret = { WEBHOOK_SECRET };
  const about = async (env: Record<string, string>) =>
    (await examine(env)).checks.filter(({ name }) => name.startsWith('webhooks'));

  it('says that they are off, or where they lead, without the secret', async () => {
    const [off] = await about({});
    assert.deepEqual([off?.state, off?.finding.split(':')[0]], ['ok', 'off']);
    const trusted = { WEBHOOK_URL: 'http://127.0.0.1:1/hook?key=abc', ...secret };
    const checks = await about({ ...trusted, WEBHOOK_TRUSTED_ORIGINS: 'http://127.0.0.1:1' });
    assert.deepEqual(
      checks.map(({ name, state, finding }) => [name, state, finding]),
      [['webhooks, platform', 'ok', 'to 127.0.0.1, a trusted origin']],
    );
    const outside = await about({ WEBHOOK_URL: 'https://93.184.215.14/hook', ...secret });
    assert.deepEqual([outside[0]?.state, outside[0]?.finding], ['ok', 'to 93.184.215.14']);
  });

  it('finds a host that leads inside, and one that does not exist', async () => {
    const settings = {
      webhooksFile: null,
      webhookTrustedOrigins: [],
      webhookSecret: WEBHOOK_SECRET,
    };
    const named = { ...settings, webhookUrl: 'https://inside.example/hook' };
    const [inside] = await checkWebhooks(named, async () => ['169.254.169.254']);
    assert.deepEqual([inside?.name, inside?.state], ['webhooks, platform', 'fail']);
    assert.match(inside?.finding ?? '', /^inside\.example leads inside the network/);
    const literal = await theFinding({ WEBHOOK_URL: 'https://169.254.169.254/', ...secret });
    assert.match(literal.finding, /^WEBHOOK_URL must not lead inside the network/);
    const missing = await theFinding({ WEBHOOK_URL: 'https://shop.invalid/hook', ...secret });
    assert.equal(missing.finding, 'shop.invalid cannot be resolved');
  });

  it('finds a missing secret and a wrong file, and quotes neither', async () => {
    const alone = await theFinding({ WEBHOOK_URL: 'https://93.184.215.14/hook' });
    assert.equal(alone.finding, 'WEBHOOK_URL and WEBHOOK_SECRET must be set together');
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-doctor-'));
    const file = join(folder.path, 'webhooks.json');
    await writeFile(file, JSON.stringify({ 'no-uuid': { url: 'ftp://x', secret: 'whsec_kept' } }));
    const wrong = await theFinding({ WEBHOOKS_FILE: file });
    assert.match(wrong.finding, /no-uuid: is no store's id/);
    await writeFile(file, '{"secret": "whsec_kept"');
    const broken = await theFinding({ WEBHOOKS_FILE: file });
    assert.match(broken.finding, /^WEBHOOKS_FILE is not JSON/);
    for (const { finding, fix } of [wrong, broken]) {
      assert.doesNotMatch(`${finding}${fix}`, /whsec_kept/);
    }
  });
});
