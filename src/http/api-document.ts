/**
 * The OpenAPI document: made by Fastify from the routes' schemas; here it gets what schemas cannot
 * say, which is descriptions of answers, headers, the secret, and examples.
 */
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { type Example, OPERATIONS, type OperationNotes } from './api-examples.ts';

export const API_INFO = {
  title: 'wearon-worker',
  description:
    'Size recommendations, health and metrics of the WearOn worker. Try-on pictures are not ordered here but on a Redis list: docs/api-contracts.md.',
  version: '1.0.0',
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
  description: 'Comes back with the answer and stands in the log; one is made where none is given.',
  schema: { type: 'string', maxLength: 256 },
  example: 'req_5f0c6b0e-7a52-4f0e-9d86-0f3f5b1f7a11',
} as const;

const RETRY_AFTER = {
  description: 'Seconds to wait before asking again.',
  schema: { type: 'integer', minimum: 1 },
} as const;

type Media = Record<string, { examples?: Readonly<Record<string, Example>> }>;

interface Operation {
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

/** For `@fastify/swagger`: the finished document. Throws for an answer that has no notes. */
export const transformApiDocument: typeof jsonSchemaTransformObject = (document) => {
  const api = jsonSchemaTransformObject(document) as ApiDocument;
  for (const [path, operations] of Object.entries(api.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      const notes = OPERATIONS[`${method.toUpperCase()} ${path}`];
      if (notes !== undefined) describe(operation, notes);
    }
  }
  const schemas = Object.entries(api.components?.schemas ?? {});
  // The provider lists every named schema as an input too; here all of them are answers.
  const answers = schemas.filter(([name]) => !name.endsWith('Input'));
  return {
    ...api,
    components: {
      schemas: Object.fromEntries(answers),
      securitySchemes: { workerSecret: SECRET_SCHEME },
    },
  } as ReturnType<typeof jsonSchemaTransformObject>;
};

function describe(operation: Operation, notes: OperationNotes): void {
  operation.description = notes.description;
  if (notes.requests !== undefined) {
    showIn(operation.requestBody?.content, notes.requests);
    operation.parameters = [...(operation.parameters ?? []), REQUEST_ID];
    operation.security = [{}, { workerSecret: [] }];
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    const about = notes.responses[status];
    if (about === undefined)
      throw new Error(`The answer ${status} has no notes for the API document`);
    response.description = about.description;
    showIn(response.content, about.examples);
    if (about.retryAfter) response.headers = { 'Retry-After': RETRY_AFTER };
  }
}

function showIn(content: Media = {}, examples: Readonly<Record<string, Example>>): void {
  for (const media of Object.values(content)) media.examples = examples;
}
