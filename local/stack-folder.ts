/**
 * The temporary folder of one stack and the guardian that cleans up when its owner ends without
 * doing so itself.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder that the user who runs Postgres may enter too. */
export async function stackFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wearon-'));
  await chmod(folder, 0o755);
  return folder;
}

/**
 * Starts the guardian of a folder: once this process is gone, or at disposal, it ends the servers
 * noted in `<folder>/pids` and removes the folder. A shell, because it must cost nothing.
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
