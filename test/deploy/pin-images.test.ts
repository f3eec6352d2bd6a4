/** Pinning by digest: all or nothing, and again where it was done before. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const FILES = ['Dockerfile', 'compose.yaml', 'deploy/compose.prod.yaml'];

/** A copy of the files in a folder, with a `docker` on the path that answers what `script` prints. */
async function setUp(folder: string, script: string) {
  await mkdir(join(folder, 'deploy'));
  for (const file of FILES) await cp(join(ROOT, file), join(folder, file));
  const docker = join(folder, 'docker');
  await writeFile(docker, `#!/bin/sh\n${script}\n`);
  await chmod(docker, 0o755);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const program = join(ROOT, 'scripts/pin-images.ts');
  return {
    pin: (...options: string[]) =>
      promisify(execFile)(process.execPath, [program, ...options, folder], { env }),
    texts: () => Promise.all(FILES.map((file) => readFile(join(folder, file), 'utf8'))),
  };
}

/** A digest made of the image's name, which is the last argument. */
const REGISTRY =
  'for last; do :; done; echo "sha256:$(printf %s "$last" | sha256sum | cut -c1-64)"';

it('writes the digest behind every version, and renews it the next time', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-pin-'));
  const { pin, texts } = await setUp(folder.path, REGISTRY);
  const before = await texts();
  const { stdout } = await pin();
  const pinned = stdout.trim().split('\n');
  assert.ok(pinned.length >= 8);
  const after = await texts();
  for (const line of pinned) {
    assert.match(line, /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
    assert.ok(after.some((text) => text.includes(line)));
  }
  const bare = after.map((text) => text.replaceAll(/@sha256:\w+$/gm, ''));
  assert.deepEqual(
    bare,
    before.map((text) => text.replaceAll(/@sha256:\w+$/gm, '')),
  );
  await pin('--check');
  await pin();
  assert.deepEqual(await texts(), after);
});

it('writes nothing when one image cannot be found', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-pin-'));
  const lost = `case "$*" in *grafana/loki*) echo "not found" >&2; exit 1;; esac; ${REGISTRY}`;
  const { pin, texts } = await setUp(folder.path, lost);
  const before = await texts();
  await assert.rejects(pin(), /grafana\/loki\S+ not found; needed are Docker with buildx/);
  assert.deepEqual(await texts(), before);
});

it('--check names the images without a digest', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-pin-'));
  const { pin, texts } = await setUp(folder.path, REGISTRY);
  await pin();
  const [dockerfile = ''] = await texts();
  await writeFile(join(folder.path, 'Dockerfile'), dockerfile.replace(/@sha256:\w+/, ''));
  await assert.rejects(pin('--check'), /Dockerfile: node:\S+ has no digest[\s\S]*make pin/);
});
