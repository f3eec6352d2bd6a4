/**
 * `make pin`: pins every image by digest. Asks the registry which digest a version has now and writes
 * it behind the version, in the Dockerfile and in the compose files; a digest that is there already is
 * renewed. Needs Docker with buildx, and the network. With `--check` it writes nothing and fails when
 * an image has no digest.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const FILES = ['Dockerfile', 'compose.yaml', 'deploy/compose.prod.yaml'];
/** `node:24.22.3-bookworm-slim`, with or without a digest, where an image is named. */
const IMAGE = /(?<=^ARG [A-Z_]+_IMAGE=|^ *image: )([a-z][a-z0-9./-]*:v?\d[\w.-]*)(@sha256:\w+)?$/gm;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Throws an Error that says what to do when the registry names no digest for the image. */
async function askDigest(image: string): Promise<string> {
  const question = ['buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', image];
  const { stdout } = await promisify(execFile)('docker', question).catch((error) => {
    const [why] = String(error.stderr || error.message).split('\n');
    throw new Error(
      `${image}: ${why}; needed are Docker with buildx (https://docs.docker.com/engine/install) and the network`,
    );
  });
  const digest = stdout.trim();
  if (!DIGEST.test(digest)) throw new Error(`${image}: the registry named no digest: ${digest}`);
  return digest;
}

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [root = join(import.meta.dirname, '..')] = positionals;
const texts = await Promise.all(
  FILES.map(async (file) => ({ file, text: await readFile(join(root, file), 'utf8') })),
);
const named = texts.flatMap(({ file, text }) =>
  [...text.matchAll(IMAGE)].map(([, image = '', digest]) => ({ file, image, digest })),
);

try {
  if (values.check) {
    const loose = named.filter(({ digest }) => digest === undefined);
    for (const { file, image } of loose) console.error(`${file}: ${image} has no digest`);
    if (loose.length > 0) throw new Error('Pin them with "make pin".');
  } else {
    const digests = new Map<string, string>();
    for (const { image } of named)
      digests.set(image, digests.get(image) ?? (await askDigest(image)));
    for (const { file, text } of texts) {
      const pinned = text.replace(IMAGE, (_, image: string) => `${image}@${digests.get(image)}`);
      await writeFile(join(root, file), pinned);
    }
    for (const [image, digest] of digests) console.log(`${image}@${digest}`);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
