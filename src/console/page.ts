/**
 * The page itself: plain HTML, CSS and ES modules from the folder `page`, read at the start.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { serveCompressed } from '../http/static-pages.ts';

const FOLDER = join(import.meta.dirname, 'page');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Adds a route for every file. */
export async function addPage(scope: FastifyInstance): Promise<void> {
  serveCompressed(scope);
  for (const name of await readdir(FOLDER)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const text = await readFile(join(FOLDER, name), 'utf8');
    // Links in the page are relative to /console/.
    const path = name === 'index.html' ? '/' : `/${name}`;
    scope.get(path, async (_request, reply) => reply.type(type).send(text));
  }
}
