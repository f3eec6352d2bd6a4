/**
 * The temporary folder of one stack and the guardian that cleans up when its owner ends without
 * doing so itself.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * A new folder under the system's temporary one; under /tmp where this process runs as root and others may not
 * enter that, since Postgres will run as someone else.
 */
export async function stackFolder(): Promise<string> {
  const root = process.getuid?.() === 0;
  const parent = root && !(await isEnterableByAll(tmpdir())) ? '/tmp' : tmpdir();
  const folder = await mkdtemp(join(parent, 'wearon-'));
  await chmod(folder, 0o755);
  return folder;
}

const OTHERS_MAY_ENTER = 0o001;

/** Whether any user can reach what is in this folder. */
export async function isEnterableByAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & OTHERS_MAY_ENTER) === 0) return false;
  return folder === dirname(folder) || isEnterableByAll(dirname(folder));
}

/**
 * Starts the guardian of a folder: once this process is gone, or at disposal, it ends the servers
 * recorded in `<folder>/pids` and removes the folder. A shell, because it must cost nothing.
 */
export function guardFolder(folder: string): AsyncDisposable {
  const guardian = spawn('/bin/sh', [join(import.meta.dirname, 'guardian.sh'), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = Promise.withResolvers<void>();
  guardian.once('close', () => ended.resolve());
  guardian.once('error', ended.reject);
  ended.promise.catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      guardian.stdin.end();
      await ended.promise;
    },
  };
}
