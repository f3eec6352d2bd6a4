/**
 * The configuration: its defaults, its ranges, and that every problem is named at once.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { parseEnv } from 'node:util';
import { ConfigError, readConfig } from '../src/config.ts';

const REQUIRED = {
  SUPABASE_URL: 'https://example.supabase.co',
  SUPABASE_SERVICE_ROLE_KEY: 'key',
  OPENAI_API_KEY: 'sk-key',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

it('the required variables suffice, with the documented defaults', () => {
  const config = readConfig(REQUIRED);
  assert.equal(config.redisUrl, 'redis://localhost:6379/0');
  assert.equal(config.port, 8000);
  assert.equal(config.openaiImageModel, 'gpt-image-2.6-sunburst');
  assert.equal(config.rescueMinAgeSeconds, config.taskDeadlineSeconds);
});

it('the pose models are found from any working directory', () => {
  const { poseModelPath } = readConfig(REQUIRED);
  assert.equal(poseModelPath, join(import.meta.dirname, '../models'));
});

it('all problems are named at once, each with its variable and an example', () => {
  const problems = problemsOf({ PORT: '99999', OPENAI_MAX_RETRIES: '0', REDIS_URL: 'http://x' });
  const names = [
    'REDIS_URL',
    'SUPABASE_URL',
    'SUPABASE_SERVICE_ROLE_KEY',
    'OPENAI_API_KEY',
    'OPENAI_MAX_RETRIES',
    'PORT',
  ];
  assert.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    names,
  );
  assert.ok(problems.every((problem) => problem.includes('example: ')));
});

it('one problem is counted as one', () => {
  assert.match(new ConfigError(['x']).message, /^The configuration has a problem:\n/);
  assert.match(new ConfigError(['x', 'y']).message, /^The configuration has 2 problems:\n/);
});

it('a misspelt variable is named with the one that was meant', () => {
  const meant = (env: Record<string, string>) => problemsOf({ ...REQUIRED, ...env });
  assert.deepEqual(meant({ WORKER_CONCURENCY: '9' }), [
    'WORKER_CONCURENCY is not known: did you mean WORKER_CONCURRENCY?',
  ]);
  for (const name of ['OPENAI_MAX_RETIRES', 'RETENTION_HOUR', 'LOG_LEVELS', 'ADMIN_TOKEN_FILES']) {
    assert.match(meant({ [name]: '1' })[0] ?? '', /did you mean/, name);
  }
  const others = { HOSTNAME: 'x', OPENAI_ORG_ID: 'x', REDIS_TLS_URL: 'x', npm_config_x: '1' };
  assert.deepEqual(meant(others), []);
  assert.deepEqual(meant({ REDIS_URI: 'x', REDIS_URL: 'redis://localhost' }), []);
});

it('.env.example copied unchanged is refused', () => {
  const example = parseEnv(readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8'));
  const problems = problemsOf(example as Record<string, string>);
  assert.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    Object.keys(REQUIRED),
  );
});

it('secrets are sent over TLS, except on loopback', () => {
  const url = (SUPABASE_URL: string) => problemsOf({ ...REQUIRED, SUPABASE_URL }).length;
  assert.equal(url('http://example.com'), 1);
  assert.equal(url('http://127.0.0.1:54321'), 0);
  assert.equal(url('http://localhost:54321/'), 0);
  assert.equal(url('http://127.0.0.1.example.com'), 1);
});

it('URLs with an extra path or an unencoded password are refused', () => {
  const problem = (env: Record<string, string>) => problemsOf({ ...REQUIRED, ...env })[0] ?? '';
  for (const path of ['/rest/v1', '/dashboard/project/abcdefgh', '/?a=b']) {
    const SUPABASE_URL = `https://example.supabase.co${path}`;
    assert.match(problem({ SUPABASE_URL }), /^SUPABASE_URL must be the URL that/, path);
  }
  assert.equal(problem({ SUPABASE_URL: 'https://example.com/supabase/' }), '');
  for (const password of ['p@ss#word', '1/rest', 'p/ss', '1?rest', 'p#ss', 'p%ss']) {
    const text = problem({ REDIS_URL: `redis://default:${password}@host:6379/0` });
    assert.match(text, /^REDIS_URL .*(percent-encoded|write %25)/, password);
    assert.ok(!text.includes(password));
  }
  for (const fine of [
    'redis://:p%23ss@host',
    'rediss://u:p@h:6379/2?family=6',
    'redis://[::1]:1/',
  ]) {
    assert.equal(problem({ REDIS_URL: fine }), '', fine);
  }
});

it('ranges hold: RESCUE_MIN_AGE_SECONDS may be 0, WORKER_CONCURRENCY not', () => {
  assert.equal(readConfig({ ...REQUIRED, RESCUE_MIN_AGE_SECONDS: '0' }).rescueMinAgeSeconds, 0);
  assert.equal(problemsOf({ ...REQUIRED, WORKER_CONCURRENCY: '0' }).length, 1);
  assert.equal(problemsOf({ ...REQUIRED, WORKER_CONCURRENCY: '1e3' }).length, 1);
});

it('a variable may come from the file of NAME_FILE, but not from both', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-secrets-'));
  const file = join(folder.path, 'openai_api_key');
  await writeFile(file, ' sk-from-a-file\n');
  const { OPENAI_API_KEY, ...others } = REQUIRED;
  const fromFile = { ...others, OPENAI_API_KEY_FILE: file };
  assert.equal(readConfig(fromFile).openaiApiKey, 'sk-from-a-file');
  assert.equal(readConfig({ ...fromFile, OPENAI_API_KEY: ' ' }).openaiApiKey, 'sk-from-a-file');

  const [both] = problemsOf({ ...fromFile, OPENAI_API_KEY });
  assert.match(both ?? '', /^OPENAI_API_KEY must not be set when OPENAI_API_KEY_FILE is/);
  const [missing] = problemsOf({ ...fromFile, OPENAI_API_KEY_FILE: `${file}.not-there` });
  assert.match(missing ?? '', /^OPENAI_API_KEY cannot be read .*OPENAI_API_KEY_FILE names: ENOENT/);
  await writeFile(file, '\n');
  assert.match(problemsOf(fromFile)[0] ?? '', /^OPENAI_API_KEY is required but missing/);
});

it('a key is required only for providers that a channel names', () => {
  const { OPENAI_API_KEY: _, ...rest } = REQUIRED;
  const replicate = { ...rest, IMAGE_PROVIDERS: 'replicate', REPLICATE_API_TOKEN: 'r8_key' };
  assert.deepEqual(problemsOf(replicate), []);
  assert.match(
    problemsOf({ ...rest, IMAGE_PROVIDERS: 'replicate' })[0] ?? '',
    /^REPLICATE_API_TOKEN/,
  );
  assert.match(
    problemsOf({ ...replicate, B2C_IMAGE_PROVIDERS: 'openai' })[0] ?? '',
    /^OPENAI_API_KEY/,
  );
  assert.match(problemsOf({ ...REQUIRED, IMAGE_PROVIDERS: 'acme' })[0] ?? '', /^IMAGE_PROVIDERS/);
});

it('a channel has its own settings where it names any', () => {
  const { channels, providersInUse } = readConfig({
    ...REQUIRED,
    REPLICATE_API_TOKEN: 'r8_key',
    B2B_IMAGE_PROVIDERS: 'replicate,openai',
    B2C_OPENAI_IMAGE_SIZE: 'match',
    OPENAI_IMAGE_COMPLEXITY: 'low',
    B2C_OPENAI_IMAGE_COMPLEXITY: 'high',
  });
  assert.deepEqual(channels.b2b.imageProviders, ['replicate', 'openai']);
  assert.deepEqual(channels.b2c.imageProviders, ['openai']);
  assert.deepEqual([...providersInUse].sort(), ['openai', 'replicate']);
  assert.equal(channels.b2b.openaiImageSize, '1024x1536');
  assert.equal(channels.b2c.openaiImageSize, 'match');
  assert.equal(channels.b2b.openaiImageComplexity, 'low');
  assert.equal(channels.b2c.openaiImageComplexity, 'high');
});
