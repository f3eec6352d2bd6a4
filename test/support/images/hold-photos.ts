/** Tasks whose photos are as large as a file may be, in a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MAX_IMAGE_BYTES } from '../../../src/adapters/web/image-fetcher.ts';
import { startHttpHost } from '../network/http-host.ts';
import { grain } from './odd-images.ts';

export interface Held {
  /** Tasks whose photos were all prepared. */
  readonly prepared: number;
  /** The most memory the process held, in 10^6 bytes. */
  readonly peakRssMb: number;
}

/** Prepares `tasks` tasks of `photos` photos of 10 MiB each, all at once. Linux only. */
export async function holdPhotos(tasks: number, photos: number): Promise<Held> {
  const photo = Buffer.alloc(MAX_IMAGE_BYTES);
  (await grain(800, 800).jpeg().toBuffer()).copy(photo);
  await using host = await startHttpHost((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo);
  });
  const program = join(import.meta.dirname, 'hold-photos-program.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    host.origin,
    String(tasks),
    String(photos),
  ]);
  return JSON.parse(stdout) as Held;
}
