/**
 * A TypeScript client made from an OpenAPI document by someone else's generator, and a caller that is
 * compiled against its types.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const GENERATOR = fileURLToPath(import.meta.resolve('openapi-typescript-codegen/bin/index.js'));
const COMPILER = join(import.meta.dirname, '../../node_modules/.bin/tsc');
/** The generated files import each other without file extensions: as CommonJS they are found. */
const COMPILER_OPTIONS = {
  compilerOptions: {
    strict: true,
    target: 'es2023',
    module: 'nodenext',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: [],
    outDir: 'compiled',
    rootDir: '.',
  },
};

/** What the caller's program exports. */
export interface Caller {
  /** The size and the chest in cm for a photo; the status and the code of a refusal. */
  sizeOf(imageUrl: string): Promise<{ size: string; chestCm: number; landmarks: number }>;
  refusalOf(imageUrl: string): Promise<{ status: number; code: string }>;
  isReady(): Promise<boolean>;
}

/** A caller as its author would write it; the two wrong requests must not compile. */
const CALLER = `
import { ApiError, OpenAPI, OperationService, SizingService } from './client';

export function callerOf(address: string, secret: string) {
  OpenAPI.BASE = address;
  OpenAPI.HEADERS = { 'X-Worker-Secret': secret };
  const ask = (image_url: string) =>
    SizingService.estimateBody({
      requestBody: { image_url, height_cm: 170.7, fit: 'regular', size_chart: 'original' },
      include: 'landmarks',
      xRequestId: 'req_generated',
    });
  return {
    async sizeOf(image_url: string) {
      const answer = await ask(image_url);
      if (!('recommended_size' in answer)) throw new Error(answer.title);
      const size: string = answer.recommended_size;
      const chestCm: number = answer.measurements.chest_cm;
      return { size, chestCm, landmarks: answer.landmarks?.length ?? 0 };
    },
    async refusalOf(image_url: string) {
      try {
        await ask(image_url);
      } catch (error) {
        if (error instanceof ApiError) return { status: error.status, code: error.body.code };
        throw error;
      }
      throw new Error('it was not refused');
    },
    async isReady() {
      const { status } = await OperationService.getReadiness();
      return status === 'ok';
    },
  };
}

export function wrong() {
  // @ts-expect-error a height is a number
  void SizingService.estimateBody({ requestBody: { image_url: '', height_cm: 'tall' } });
  // @ts-expect-error a link is needed
  void SizingService.estimateBody({ requestBody: { height_cm: 170 } });
}
`;

/**
 * Generates the client into `folder`, compiles it with its caller, and returns the caller, which
 * asks the worker at `address`. Throws with the compiler's output where the types do not fit.
 */
export async function generatedCaller(
  document: object,
  folder: string,
  { address, secret }: { address: string; secret: string },
): Promise<Caller> {
  const [file, client] = [join(folder, 'openapi.json'), join(folder, 'client')];
  await writeFile(file, JSON.stringify(document));
  await run(process.execPath, [GENERATOR, '--input', file, '--output', client, '--useOptions']);
  await writeFile(join(folder, 'caller.ts'), CALLER);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(COMPILER_OPTIONS));
  await run(COMPILER, ['--project', folder]).catch((error) => {
    throw new Error(error.stdout, { cause: error });
  });
  const compiled = pathToFileURL(join(folder, 'compiled', 'caller.js')).href;
  return (await import(compiled)).callerOf(address, secret);
}
