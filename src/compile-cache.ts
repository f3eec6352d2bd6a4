/**
 * Caches compiled code in node_modules: later starts take less time and memory. A read-only folder,
 * as in the image, is only read. Imported before anything else.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.compile-cache', import.meta.url)));

/** Writes what was compiled so far, since a process that is killed writes nothing. */
export function keepCompiled(): void {
  flushCompileCache();
}
