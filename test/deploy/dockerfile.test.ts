/**
 * Every stage of the Dockerfile has the files that run in it: what it copies is in the repository and
 * sent to the builder, and holds everything that its programs import.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n');

/** What is run in each stage, while it is built or in the image. */
const PROGRAMS = {
  models: ['scripts/build-models.ts'],
  development: ['local/main.ts', 'local/demo/main.ts'],
  worker: ['src/main.ts', 'src/cli/main.ts'],
} as const;

/** The files of the repository that the builder gets. */
const context = tracked.filter((path) => {
  const rules = read('.dockerignore').split('\n');
  assert.ok(rules.includes('*') && rules.includes('**/*.test.ts'));
  const allowed = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  return !path.endsWith('.test.ts') && allowed.some((rule) => isIn(path, rule));
});

function isIn(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`);
}

/** Paths of the context that a stage copies, by the stage's name. */
function copiesOf(dockerfile: string): Map<string, string[]> {
  const copies = new Map<string, string[]>();
  let stage = '';
  for (const line of dockerfile.split('\n')) {
    stage = /^FROM .* AS (\w+)$/.exec(line)?.[1] ?? stage;
    const words = /^COPY (?!--from)(.+)$/.exec(line)?.[1]?.split(' ') ?? [];
    const sources = words.filter((word) => !word.startsWith('--')).slice(0, -1);
    copies.set(stage, [...(copies.get(stage) ?? []), ...sources]);
  }
  return copies;
}

const IMPORT =
  /(?:^import (?!type)[^;]*?from|^export (?!type)[^;]*?from|import\(|new URL\()\s*'(\.{1,2}\/[^']+\.(?:ts|json))'/gm;

/** The programs and every file that they import, or start by its URL. */
function filesOf(programs: readonly string[]): Set<string> {
  const found = new Set(programs);
  for (const path of found) {
    if (!path.endsWith('.ts')) continue;
    for (const [, imported = ''] of read(path).matchAll(IMPORT))
      found.add(join(path, '..', imported));
  }
  return found;
}

/** The files that the stage's programs need and its copies do not hold. */
function missingIn(dockerfile: string, stage: keyof typeof PROGRAMS): string[] {
  const copies = copiesOf(dockerfile).get(stage) ?? [];
  const has = (path: string) =>
    context.includes(path) && copies.some((source) => isIn(path, source));
  return [...filesOf(PROGRAMS[stage])].filter((path) => !has(path));
}

it('what the Dockerfile copies is sent to the builder', () => {
  const sources = [...copiesOf(read('Dockerfile')).values()].flat();
  assert.ok(sources.length > 10);
  for (const source of sources) {
    assert.ok(
      context.some((path) => isIn(path, source)),
      source,
    );
  }
});

it('each stage has every file that its programs import', () => {
  const dockerfile = read('Dockerfile');
  for (const stage of ['models', 'development', 'worker'] as const) {
    assert.deepEqual(missingIn(dockerfile, stage), [], stage);
  }
  assert.ok(filesOf(PROGRAMS.worker).size > 200);
});

it('a file that a stage lacks is found', () => {
  const former = read('Dockerfile').replace('COPY src/images/free-buffer.ts src/images/', '');
  assert.deepEqual(missingIn(former, 'models'), ['src/images/free-buffer.ts']);
});
