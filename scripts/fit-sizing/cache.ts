/** Poses of photos, kept between runs: 3,000 of them take most of an hour. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { deflateSync, inflateSync } from 'node:zlib';
import type { PhotoObservation } from '../../src/pose.ts';

/** In the folder `SIZING_CACHE`, when it is set. Delete the folder when the pose engine changes. */
export async function remembered(
  key: string,
  look: () => Promise<PhotoObservation>,
): Promise<PhotoObservation> {
  const cache = process.env.SIZING_CACHE;
  if (cache === undefined) return look();
  const path = join(cache, key);
  const bytes = await readFile(path).catch(() => null);
  if (bytes !== null) return deserialize(inflateSync(bytes)) as PhotoObservation;
  const photo = await look();
  await mkdir(cache, { recursive: true });
  await writeFile(path, deflateSync(serialize(photo), { level: 1 }));
  return photo;
}
