/**
 * The folder with the results of the last demo; not part of the repository. One demo at a time has it.
 */
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { SetupError } from '../until-signal.ts';

export const FOLDER = '.demo';
/** The demo that has the folder listens here: unlike a process id, it is no one else's after a crash. */
const SOCKET = join(FOLDER, 'socket');

/** Empties the folder for this process until disposal. Throws a SetupError where that cannot be. */
export async function claimFolder(): Promise<AsyncDisposable> {
  if (await isAnswered()) {
    throw new SetupError(
      `Another demo keeps its results in ${FOLDER}: end it with Ctrl-C in its terminal first.`,
    );
  }
  try {
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SetupError(`${FOLDER} cannot be written (${code}): remove it first.`, { cause });
  }
  const lock = createServer();
  // Some shared folders take no sockets: there a second demo goes unnoticed.
  await once(lock.listen(SOCKET), 'listening').catch(() => undefined);
  return lock.unref();
}

async function isAnswered(): Promise<boolean> {
  const client = connect(SOCKET);
  try {
    await once(client, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}
