/**
 * The folder with the results of the last demo; not part of the repository. One demo at a time has it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../until-signal.ts';

export const FOLDER = '.demo';
/** The process whose demo still runs. */
const OWNER = join(FOLDER, 'pid');

/** Empties the folder for this process until disposal. Throws a SetupError while another demo runs. */
export async function claimFolder(): Promise<AsyncDisposable> {
  const owner = await readFile(OWNER, 'utf8').then(Number, () => 0);
  if (owner > 0 && isRunning(owner)) {
    throw new SetupError(
      `Another demo (process ${owner}) keeps its results in ${FOLDER}: end it with Ctrl-C first.`,
    );
  }
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  await writeFile(OWNER, `${process.pid}`);
  return { [Symbol.asyncDispose]: () => rm(OWNER, { force: true }) };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
