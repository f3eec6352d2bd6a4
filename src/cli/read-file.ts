/** Files that a command line names. */
import { readFile } from 'node:fs/promises';
import { UsageError } from './answer.ts';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user has no permission',
};

/** The file's bytes. Throws a UsageError that says what is wrong with the path. */
export async function readGivenFile(path: string): Promise<Buffer> {
  // Also kept from the text, since a link may be signed.
  if (/^\w+:\/\//.test(path)) {
    throw new UsageError('That is a link; this command takes files: download it first.');
  }
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read: ${WHY[error.code ?? ''] ?? error.code}`);
  });
}
