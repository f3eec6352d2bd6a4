/**
 * Finds a `redis-server` program, or fetches Debian's into the project's cache without needing root.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';
import { SetupError } from './until-signal.ts';

const run = promisify(execFile);

/** A program to run, and where its libraries are when they are not the system's. */
export interface RedisProgram {
  command: string;
  env: Record<string, string>;
}

const HOW_TO_INSTALL =
  'redis-server is missing: install it with "apt-get install redis-server" or "brew install redis", ' +
  'or name its path in REDIS_SERVER_BIN.';

/**
 * REDIS_SERVER_BIN, else the one on PATH, else the one in the cache, else fetched with apt-get.
 * `report` gets one line when something is fetched. Throws a SetupError.
 */
export async function findRedis(report: (line: string) => void): Promise<RedisProgram> {
  const named = process.env.REDIS_SERVER_BIN;
  if (named) return { command: named, env: {} };
  const installed = await onPath('redis-server');
  if (installed) return { command: installed, env: {} };
  try {
    return await unpacked(await cachedFolder('redis', (folder) => fetchInto(folder, report)));
  } catch (error) {
    throw new SetupError(HOW_TO_INSTALL, { cause: error });
  }
}

async function onPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, program);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && runs) return file;
  }
  return undefined;
}

const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

async function fetchInto(folder: string, report: (line: string) => void): Promise<void> {
  report('fetching redis-server from the Debian packages (once, about 2 MB) …');
  const downloads = await mkdtemp(join(tmpdir(), 'wearon-redis-'));
  try {
    await download(downloads);
    for (const file of await readdir(downloads)) {
      if (file.endsWith('.deb')) await run('dpkg', ['-x', join(downloads, file), folder]);
    }
    const { command, env } = await unpacked(folder);
    await run(command, ['--version'], { env: { ...process.env, ...env } });
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

/** Downloads with the system's package lists, else with private lists, which need no root. */
async function download(folder: string): Promise<void> {
  const get = (options: string[]) =>
    run('apt-get', [...options, 'download', ...PACKAGES], { cwd: folder });
  await get([]).catch(async () => {
    const options = await ownPackageLists(join(folder, 'apt'));
    await run('apt-get', [...options, 'update']);
    await get(options);
  });
}

async function ownPackageLists(folder: string): Promise<string[]> {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache'));
  return [
    ['Dir::State::lists', join(folder, 'lists')],
    ['Dir::Cache', join(folder, 'cache')],
    ['DPkg::Lock::Timeout', '400'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

async function unpacked(folder: string): Promise<RedisProgram> {
  const libraries = join(folder, 'usr', 'lib');
  const [machine = ''] = await readdir(libraries).then((names) =>
    names.filter((name) => name.includes('linux-gnu')),
  );
  return {
    command: join(folder, 'usr', 'bin', 'redis-server'),
    env: { LD_LIBRARY_PATH: join(libraries, machine) },
  };
}
