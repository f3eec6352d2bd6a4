/** ShellCheck has nothing to object to in any shell script. Needs Debian's package `shellcheck`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** Is it a shell script by its first line, or by its name, as those are which others read in? */
async function isShell(path: string): Promise<boolean> {
  const info = await stat(join(ROOT, path)).catch(() => null);
  if (!info?.isFile()) return false;
  if (path.endsWith('.sh')) return true;
  await using file = await open(join(ROOT, path));
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(64) });
  return /^#!.*\b(ba|da)?sh\b/.test(buffer.toString('latin1', 0, bytesRead));
}

/** Every shell script that git knows or will know. */
async function shellScripts(): Promise<string[]> {
  const options = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { stdout } = await run('git', options, { cwd: ROOT });
  const paths = stdout.split('\0').filter((path) => /(^|\/)[^/.]+$|\.sh$/.test(path));
  const found = await Promise.all(paths.map(isShell));
  return paths.filter((_, index) => found[index]);
}

it('shellcheck accepts every shell script', async (t) => {
  const isThere = await run('shellcheck', ['--version']).then(
    () => true,
    () => false,
  );
  if (!isThere) return t.skip('shellcheck is missing: apt-get install shellcheck');
  const scripts = await shellScripts();
  for (const known of ['.ci/run', 'deploy/certbot/issue.sh', 'scripts/rehearse-image.sh']) {
    assert.ok(scripts.includes(known), known);
  }
  await run('shellcheck', ['--external-sources', ...scripts], { cwd: ROOT }).catch((error) => {
    assert.fail(error.stdout || error.message);
  });
});
