/**
 * The OpenAPI document: made by Fastify from the routes' schemas; here it gets what schemas cannot
 * say: descriptions of responses, headers, the secret, and examples.
 */
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { VERSION } from '../version.ts';
import type { Example, OperationNotes } from './examples/notes.ts';
import { OPERATIONS } from './examples/operations.ts';
import { EXAMPLE_PHOTO } from './examples/requests.ts';

/** What the document says of the API as a whole. */
export const API = {
  openapi: '3.1.0',
  info: {
    title: 'wearon-worker',
    description:
      'Size recommendations, health and metrics of the WearOn worker. Try-on pictures are not ordered here: the platform pushes tasks onto a Redis list.',
    version: VERSION,
  },
  servers: [{ url: '/', description: 'The worker that serves this document' }],
  tags: [
    { name: 'sizing', description: 'Measurements and a size from one photo' },
    { name: 'operation', description: 'Probes and metrics' },
  ],
} as const;

const SECRET_SCHEME = {
  type: 'apiKey',
  in: 'header',
  name: 'X-Worker-Secret',
  description: 'Asked for when ESTIMATE_BODY_SECRET is set.',
} as const;

const REQUEST_ID = {
  name: 'X-Request-Id',
  in: 'header',
  required: false,
  description: 'Echoed in the answer and logged; generated where none is given.',
  schema: { type: 'string', maxLength: 256 },
  example: 'req_5f0c6b0e-7a52-4f0e-9d86-0f3f5b1f7a11',
} as const;

const RETRY_AFTER = {
  description: 'Seconds to wait before asking again.',
  schema: { type: 'integer', minimum: 1 },
} as const;

type Media = Record<string, { examples?: Readonly<Record<string, Example>> }>;

interface Operation {
  operationId?: string;
  description?: string;
  parameters?: object[];
  security?: object[];
  requestBody?: { content: Media };
  responses: Record<string, { description: string; headers?: object; content?: Media }>;
}

interface ApiDocument {
  readonly paths?: Record<string, Record<string, Operation>>;
  readonly components?: { readonly schemas?: Record<string, unknown> };
}

/**
 * For `@fastify/swagger`: finishes the document. `examplePhotoUrl` takes the place of the examples'
 * photo. Throws for a response that has no notes.
 */
export function transformApiDocument(
  examplePhotoUrl: string | null,
): typeof jsonSchemaTransformObject {
  return (document) => {
    const api = jsonSchemaTransformObject(document) as ApiDocument;
    for (const [name, operation] of operationsOf(api)) {
      const notes = OPERATIONS[name];
      if (notes !== undefined) describe(operation, notes);
    }
    const schemas = Object.entries(api.components?.schemas ?? {});
    // The provider lists every named schema as an input too; here all of them are responses.
    const responses = schemas.filter(([name]) => !name.endsWith('Input'));
    const finished = {
      ...api,
      paths: sizingFirst(api.paths ?? {}),
      components: {
        schemas: Object.fromEntries(responses),
        securitySchemes: { workerSecret: SECRET_SCHEME },
      },
    };
    return withPhoto(finished, examplePhotoUrl) as ReturnType<typeof jsonSchemaTransformObject>;
  };
}

function operationsOf({ paths = {} }: ApiDocument): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** In the order of the notes, which begin with what callers come for. */
function sizingFirst(paths: NonNullable<ApiDocument['paths']>): ApiDocument['paths'] {
  const order = Object.keys(OPERATIONS).map((name) => name.split(' ')[1]);
  const sorted = Object.entries(paths).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return Object.fromEntries(sorted);
}

function withPhoto(document: object, url: string | null): object {
  if (url === null) return document;
  const text = JSON.stringify(document);
  return JSON.parse(text.replaceAll(JSON.stringify(EXAMPLE_PHOTO), JSON.stringify(url)));
}

function describe(operation: Operation, notes: OperationNotes): void {
  operation.operationId = notes.operationId;
  operation.description = notes.description;
  if (notes.requests !== undefined) {
    showIn(operation.requestBody?.content, notes.requests);
    operation.parameters = [...(operation.parameters ?? []), REQUEST_ID];
    operation.security = [{}, { workerSecret: [] }];
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    const about = notes.responses[status];
    if (about === undefined)
      throw new Error(`The response ${status} has no notes for the API document`);
    response.description = about.description;
    showIn(response.content, about.examples);
    if (about.retryAfter) response.headers = { 'Retry-After': RETRY_AFTER };
  }
}

function showIn(content: Media = {}, examples: Readonly<Record<string, Example>>): void {
  for (const media of Object.values(content)) media.examples = examples;
}
