/**
 * The worker's own code, as it is or with one change made to its source: a mutant shows that a test
 * would notice when a protection is missing.
 */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Mutant {
  readonly name: string;
  /** Below src/. */
  readonly file: string;
  readonly replace: string;
  readonly by: string;
}

const SRC = new URL('../../src/', import.meta.url).href;
const mutants = new Map<string, Mutant>();

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const query = new URL(context.parentURL ?? 'file:///').search;
    const isOurs = resolved.url.startsWith(SRC) && query.startsWith('?mutant=');
    return isOurs && !resolved.url.includes('?')
      ? { ...resolved, url: resolved.url + query }
      : resolved;
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const { search, pathname } = new URL(url);
    const mutant = mutants.get(search.slice('?mutant='.length));
    if (mutant === undefined || !pathname.endsWith(`/src/${mutant.file}`)) return loaded;
    const source = String(loaded.source);
    if (source.split(mutant.replace).length !== 2) {
      throw new Error(`${mutant.name}: its text is not once in ${fileURLToPath(url)}`);
    }
    return { ...loaded, source: source.replace(mutant.replace, () => mutant.by) };
  },
});

/** The functions that move money, all of one graph of modules. */
export async function loadMoney(mutant: Mutant | null) {
  const name = mutant?.name.replaceAll(/\W+/g, '-') ?? 'none';
  if (mutant !== null) mutants.set(name, mutant);
  const load = (file: string) => import(`${SRC}${file}?mutant=${name}`);
  return {
    ...((await load('tryon/refund.ts')) as typeof import('../../src/tryon/refund.ts')),
    ...((await load(
      'tryon/refund-intent.ts',
    )) as typeof import('../../src/tryon/refund-intent.ts')),
    ...((await load('tryon/rescue.ts')) as typeof import('../../src/tryon/rescue.ts')),
    ...((await load('tryon/lost-refunds.ts')) as typeof import('../../src/tryon/lost-refunds.ts')),
    ...((await load('tryon/complete.ts')) as typeof import('../../src/tryon/complete.ts')),
    ...((await load('errors.ts')) as typeof import('../../src/errors.ts')),
    ...((await load('ports/jobs.ts')) as typeof import('../../src/ports/jobs.ts')),
    ...((await load('failure-text.ts')) as typeof import('../../src/failure-text.ts')),
  };
}

export type Money = Awaited<ReturnType<typeof loadMoney>>;
