/**
 * `/docs`: the API's document as a page to read and try, and as JSON and YAML.
 */
import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { API, transformApiDocument } from './api-document.ts';
import { PAGE_POLICY } from './page-policy.ts';
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
  await server.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('content-security-policy', PAGE_POLICY);
    });
    scope.addHook('onSend', async (_request, _reply, page) =>
      typeof page === 'string'
        ? page.replace(/^(<!doctype html>\s*<html)>/i, '$1 lang="en">')
        : page,
    );
    serveCompressed(scope);
    await scope.register(scalar, { routePrefix: '/docs', configuration: PAGE });
  });
}
