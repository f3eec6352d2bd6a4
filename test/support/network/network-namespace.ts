/** Programs in a network of their own, which leads nowhere, with routes that fail as a test asks. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROJECT = join(import.meta.dirname, '../../..');

/** As another user namespace's root where the test itself is not root. */
const UNSHARE = ['unshare', '--map-root-user', '--net'] as const;

/** Why no network namespace with routes can be made here; false when one can. */
export async function whyNoNamespace(): Promise<string | false> {
  try {
    await run(UNSHARE[0], [...UNSHARE.slice(1), 'ip', 'link', 'set', 'lo', 'up']);
    return false;
  } catch (error) {
    return `no network namespace can be made here: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** What the module `source` prints, run after `setUp` (a line of shell) in a new network namespace. */
export async function runInNamespace(setUp: string, source: string): Promise<string> {
  const script = `${setUp}\nexec "$@"`;
  const program = [process.execPath, '--input-type=module', '--eval', source];
  const { stdout } = await run(
    UNSHARE[0],
    [...UNSHARE.slice(1), 'sh', '-ec', script, 'sh', ...program],
    { cwd: PROJECT },
  );
  return stdout;
}
