/**
 * `/docs`: the API's document as a page to read and try, and as JSON and YAML.
 */
import swagger from '@fastify/swagger';
import { type FastifyInstance, fastify } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { API, transformApiDocument } from './api-document.ts';
import { PAGE_POLICY } from './page-policy.ts';
import { sendProblem } from './problem.ts';
import { serveCompressed } from './static-pages.ts';

/** Without what Scalar adds of its own: fonts, developer tools, an assistant, telemetry. */
const PAGE = {
  pageTitle: 'wearon-worker API',
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
} as const;

/** Adds the page; before the routes that it documents. */
export async function registerDocs(
  server: FastifyInstance,
  examplePhotoUrl: string | null,
): Promise<void> {
  await server.register(swagger, {
    openapi: { ...API, servers: [...API.servers], tags: [...API.tags] },
    transform: jsonSchemaTransform,
    transformObject: transformApiDocument(examplePhotoUrl),
  });
  let page: Promise<FastifyInstance> | undefined;
  for (const url of ['/docs', '/docs/*']) {
    server.get(url, { schema: { hide: true } }, async (request, reply) => {
      page ??= openPage(server).catch((error: unknown) => {
        page = undefined;
        throw error;
      });
      const { routing } = await page;
      reply.hijack();
      routing(request.raw, reply.raw);
    });
  }
  server.addHook('onClose', async () => (await page)?.close());
}

/** A server of its own, opened for the first reader: the page's package takes 25 MB. */
async function openPage(server: FastifyInstance): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const page = fastify({ pluginTimeout: 0, routerOptions: { ignoreTrailingSlash: true } });
  page.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', PAGE_POLICY);
  });
  page.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string'
      ? payload.replace(/^(<!doctype html>\s*<html)>/i, '$1 lang="en">')
      : payload,
  );
  serveCompressed(page);
  const configuration = { ...PAGE, content: () => server.swagger() };
  await page.register(scalar, { routePrefix: '/docs', configuration });
  page.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'Not Found'));
  await page.ready();
  return page;
}
