/** Values that take long to make, kept in files between runs. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { deflateSync, inflateSync } from 'node:zlib';

/** The value kept in `file`, or the one made now; with null it is made and not kept. */
export async function remembered<T>(file: string | null, make: () => Promise<T>): Promise<T> {
  if (file === null) return make();
  const kept = await readFile(file).catch(() => null);
  if (kept !== null) return deserialize(inflateSync(kept)) as T;
  const made = await make();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, deflateSync(serialize(made), { level: 1 }));
  return made;
}
