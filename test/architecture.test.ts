/**
 * The rule of dependencies: main → app → { adapters, http, telemetry } → ports ← tryon. It is read
 * off the import lines, and held against planted violations.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** What every part may import: foundations that import nothing but each other. */
const FOUNDATIONS = [
  'concurrency',
  'ports',
  'error-catalogue',
  'errors',
  'failure-text',
  'foreign-json',
  'http-client',
  'mirror',
  'pose',
  'images',
  'public-address',
  'retry-after',
  'stop-margin',
  'version',
];

/** Part of src → the parts of src that it may import in addition to itself and the foundations. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['app', 'compile-cache', 'config', 'telemetry'],
  app: [
    'adapters',
    'config',
    'http',
    'telemetry',
    'tryon',
    'retention',
    'size-pipeline',
    'sizing',
    'progress',
    'console',
    'operations',
    'webhooks',
  ],
  cli: [
    'adapters',
    // To open an image provider as the worker does.
    'app',
    'config',
    'ledger',
    'operations',
    'retention',
    'size-pipeline',
    'sizing',
    'telemetry',
    'tryon',
    'webhooks',
  ],
  operations: ['adapters', 'config', 'ledger', 'telemetry', 'tryon', 'webhooks'],
  // The names of the estimators.
  config: ['sizing'],
  // The pose threads run the picture check, so that it does not block the event loop.
  adapters: ['picture-check'],
  http: ['size-pipeline', 'sizing', 'telemetry'],
  telemetry: ['picture-check'],
  ledger: [],
  'picture-check': [],
  tryon: ['ledger', 'picture-check'],
  retention: [],
  progress: [],
  'size-pipeline': ['config', 'sizing'],
  // A composition of its own: what an operator does, over HTTP.
  console: ['adapters', 'http', 'operations', 'size-pipeline', 'sizing'],
  webhooks: ['config'],
  sizing: [],
};

/** `adapters/redis/x.ts` → `adapters`; `app.ts` → `app`. */
function partOf(path: string): string {
  return path.replace(/\.ts$/, '').split('/')[0] ?? '';
}

function violation(importer: string, imported: string): string | null {
  const say = (why: string) => `${importer} imports ${imported}: ${why}`;
  if (importer === 'version.ts' && imported === '../package.json') return null;
  if (imported.startsWith('..')) return say('src must not reach outside src');
  const from = partOf(importer);
  const to = partOf(imported);
  if (from === 'adapters' && to === 'adapters') {
    const [, own] = importer.split('/');
    const [, other] = imported.split('/');
    return own === other ? null : say('an adapter must not import another adapter');
  }
  if (FOUNDATIONS.includes(from)) {
    return FOUNDATIONS.includes(to) ? null : say('a foundation imports foundations only');
  }
  if (from === 'sizing' && to !== 'sizing' && to !== 'pose') {
    return say('sizing imports nothing of the project but what a photo shows');
  }
  if (from === to || FOUNDATIONS.includes(to)) return null;
  return MAY_IMPORT[from]?.includes(to) ? null : say(`${from} must not import ${to}`);
}

const IMPORT = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

function importsOf(importer: string, source: string): string[] {
  const specifiers = [...source.matchAll(IMPORT)].map(([, specifier]) => specifier ?? '');
  return specifiers.map((specifier) => join(dirname(importer), specifier));
}

function violationsIn(importer: string, source: string): string[] {
  return importsOf(importer, source)
    .map((imported) => violation(importer, imported))
    .filter((found) => found !== null);
}

async function sources(): Promise<{ path: string; source: string }[]> {
  const paths = await readdir(SRC, { recursive: true });
  const production = paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
  return Promise.all(
    production.map(async (path) => ({ path, source: await readFile(join(SRC, path), 'utf8') })),
  );
}

it('no file under src imports against the rule of dependencies', async () => {
  const files = await sources();
  assert.ok(files.length > 20);
  assert.deepEqual(
    files.flatMap(({ path, source }) => violationsIn(path, source)),
    [],
    'ask for it through a port (src/ports), or pass it as a value; a new part gets a row in MAY_IMPORT',
  );
});

it('no files of src import each other in a circle', async () => {
  const files = await sources();
  const imports = new Map(files.map(({ path, source }) => [path, importsOf(path, source)]));
  const seen = new Set<string>();
  const follow = (path: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(path), [...trail, path].join(' → '));
    if (seen.has(path)) return;
    for (const imported of imports.get(path) ?? []) follow(imported, [...trail, path]);
    seen.add(path);
  };
  for (const path of imports.keys()) follow(path, []);
});

it('a planted violation of the rule is found', () => {
  const planted = [
    ['tryon/attempt.ts', "import { x } from '../adapters/redis/connection.ts';"],
    ['adapters/redis/a.ts', "import { x } from '../supabase/client.ts';"],
    ['adapters/web/a.ts', "import type { x } from '../../tryon/task.ts';"],
    ['sizing/a.ts', "import { x } from '../ports/session.ts';"],
    ['picture-check/a.ts', "import { x } from '../adapters/mediapipe/mirror.ts';"],
    ['http/a.ts', "const x = await import('../adapters/openai/cost.ts');"],
    ['ports/session.ts', "import { x } from '../tryon/task.ts';"],
  ] as const;
  for (const [path, source] of planted) assert.equal(violationsIn(path, source).length, 1, path);
  assert.deepEqual(violationsIn('tryon/a.ts', "import { x } from '../ports/session.ts';"), []);
});

it('nothing under src imports the local stack or the tests', async () => {
  for (const { path, source } of await sources()) {
    assert.doesNotMatch(source, /from '[./]+\/(local|test)\//, path);
  }
});
