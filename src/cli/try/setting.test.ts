import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readConfig } from '../../config.ts';
import { parseSettings, requireKeys, settingOf } from './setting.ts';

const config = readConfig({
  SUPABASE_URL: 'https://example.supabase.co',
  SUPABASE_SERVICE_ROLE_KEY: 'key',
  OPENAI_API_KEY: 'sk-key',
  B2B_OPENAI_IMAGE_QUALITY: 'low',
});
const { b2b } = config.channels;

it('a setting is a provider, its model and what else is asked for', () => {
  const version = 'f'.repeat(64);
  const text = `openai:gpt-image-2.6-flare+quality=high+size=match, replicate:a/b:${version}`;
  const [flare, other] = parseSettings(text, b2b);
  assert.equal(flare?.label, 'openai:gpt-image-2.6-flare+quality=high+size=match');
  const { openaiImageModel, openaiImageQuality, openaiImageSize, imageProviders } =
    flare?.channel ?? assert.fail();
  assert.deepEqual(
    [openaiImageModel, openaiImageQuality, openaiImageSize, imageProviders],
    ['gpt-image-2.6-flare', 'high', 'match', ['openai']],
  );
  assert.equal(other?.channel.replicateModel, `a/b:${version}`);
});

it('a setting takes what it leaves out from the channel', () => {
  const [plain] = parseSettings('openai', b2b);
  assert.deepEqual(plain, settingOf(b2b));
  assert.equal(plain?.label, 'openai:gpt-image-2.6-sunburst');
  assert.equal(plain?.channel.openaiImageQuality, 'low');
});

it('a setting that cannot be is refused, with the reason', () => {
  for (const [text, problem] of [
    ['', /names no provider/],
    ['midjourney', /names no provider: openai, replicate/],
    ['openai+quality=huge', /quality "huge" must be one of/],
    ['openai+size=big', /size "big" must be WIDTHxHEIGHT/],
    ['openai+model=x', /"model=x" is no setting of openai, which takes quality=…/],
    ['openai+quality', /is no setting/],
    ['openai+', /is no setting/],
    ['replicate:noname', /model "noname" must be owner\/name/],
    ['replicate+quality=high', /which takes nothing but a model/],
    ['openai,openai', /twice/],
    [Array.from({ length: 13 }, (_, at) => `openai:${at}`).join(','), /12 settings/],
  ] as const) {
    assert.throws(() => parseSettings(text, b2b), { name: 'UsageError', message: problem }, text);
  }
});

it('the keys of all named providers are required', () => {
  requireKeys(parseSettings('openai', b2b), config);
  const both = parseSettings('openai,replicate', b2b);
  assert.throws(() => requireKeys(both, config), { message: /REPLICATE_API_TOKEN for replicate/ });
});
