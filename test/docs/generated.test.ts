/** The generated pages say what the code says. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { parseEnv } from 'node:util';
import { generatedPages, metricFacts } from '../../scripts/generated-pages.ts';
import { readConfig, VARIABLES } from '../../src/config.ts';

const ROOT = join(import.meta.dirname, '../..');

it('no generated page is stale', async () => {
  for (const [path, text] of generatedPages()) {
    const present = await readFile(join(ROOT, path), 'utf8');
    assert.ok(present === text, `${path} is stale: run "npm run docs"`);
  }
});

it('.env.example with its placeholders filled in has the defaults', async () => {
  const text = await readFile(join(ROOT, '.env.example'), 'utf8');
  const filled = {
    SUPABASE_URL: 'https://project.supabase.co',
    SUPABASE_SERVICE_ROLE_KEY: 'a key',
    OPENAI_API_KEY: 'another key',
  };
  const example = readConfig({ ...parseEnv(text), ...filled });
  const { supabaseUrl, supabaseServiceRoleKey, openaiApiKey, ...settings } = example;
  const required = { SUPABASE_URL: supabaseUrl, SUPABASE_SERVICE_ROLE_KEY: supabaseServiceRoleKey };
  const bare = readConfig({ ...required, OPENAI_API_KEY: openaiApiKey });
  for (const [name, value] of Object.entries(settings)) {
    assert.deepEqual(value, bare[name as keyof typeof bare], name);
  }
});

it('.env.example names every variable, and every example is accepted', async () => {
  const text = await readFile(join(ROOT, '.env.example'), 'utf8');
  for (const { name, parse, example } of Object.values(VARIABLES)) {
    assert.ok(new RegExp(`^(# )?${name}=`, 'm').test(text), `${name}: run "npm run docs"`);
    assert.doesNotThrow(() => parse(example), name);
  }
});

it('metrics are named by the conventions of Prometheus', () => {
  for (const { name, type, labels, help } of metricFacts()) {
    assert.match(name, /^wearon_[a-z0-9_]+$/);
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb|mb|count|sum|bucket)$/, name);
    assert.ok(help.length > 5, name);
    if (name.startsWith('wearon_nodejs_') || name.startsWith('wearon_process_')) continue;
    assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
    for (const label of labels) assert.doesNotMatch(label, /(^|_)(id|url|email|path)$/, name);
  }
});
