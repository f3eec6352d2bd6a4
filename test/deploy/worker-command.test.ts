/** `bin/worker`, the command of the image and of `npm start`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const COMMAND = fileURLToPath(new URL('../../bin/worker', import.meta.url));
const SETTINGS = 'process.env.MALLOC_ARENA_MAX,...process.execArgv';
const CORE_LIMIT = 'process.report.getReport().userLimits.core_file_size_blocks.soft';

/** Runs the command where core dumps are allowed, and ends it before it starts anything. */
async function show(values: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const script = `console.log(${values});process.exit(0)`;
  const preload = { NODE_OPTIONS: `--import=data:text/javascript,${script}` };
  const { PATH } = process.env;
  const shown = await promisify(execFile)('sh', ['-c', `ulimit -S -c unlimited; exec ${COMMAND}`], {
    env: { PATH, ...preload, ...env },
  });
  return shown.stdout.trim();
}

it('the worker starts with memory settings and keeps those given', async () => {
  const flags = '--max-semi-space-size=8 --v8-pool-size=1 --heap-growing-percent=100';
  assert.equal(await show(SETTINGS), `2 ${flags}`);
  assert.equal(await show(SETTINGS, { MALLOC_ARENA_MAX: '4' }), `4 ${flags}`);
});

it('the worker leaves no core dump, which would hold photos and keys', async () => {
  assert.equal(await show(CORE_LIMIT), '0');
});

it('the worker says which Node it needs where that is missing', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-old-node-'));
  await cp(COMMAND, join(folder.path, 'bin/worker'));
  await writeFile(join(folder.path, 'node'), '#!/bin/sh\necho v20.20.2\n', { mode: 0o755 });
  const env = { PATH: `${folder.path}:${process.env.PATH}` };
  await assert.rejects(promisify(execFile)(join(folder.path, 'bin/worker'), { env }), {
    code: 1,
    stderr: /^The worker needs Node 24: run "make prepare" /,
  });
});
