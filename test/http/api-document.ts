/**
 * The OpenAPI document that a worker serves: its operations, and judges made from its schemas.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Media {
  readonly schema: object;
  readonly examples?: Readonly<
    Record<string, { readonly summary: string; readonly value: unknown }>
  >;
}

interface Operation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { description: string; content: Readonly<Record<string, Media>> }>
  >;
}

export interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** An example and where it stands. */
export interface Shown {
  /** Such as `POST /estimate-body`. */
  readonly operation: string;
  /** Null for a request. */
  readonly status: string | null;
  readonly name: string;
  readonly value: unknown;
  /** What is wrong with a value by the example's schema; null when nothing is. */
  readonly fault: (value: unknown) => string | null;
}

/** `POST /estimate-body` → what the document says of it. */
export function operationsOf({ paths }: ApiDocument): Map<string, Operation> {
  return new Map(
    Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    ),
  );
}

/** Every example of the document. */
export function examplesOf(document: ApiDocument): Shown[] {
  const judge = judgeOf(document);
  return [...operationsOf(document)].flatMap(([operation, { requestBody, responses }]) => {
    const shown = (status: string | null, content: Readonly<Record<string, Media>>) =>
      Object.values(content).flatMap(({ schema, examples = {} }) =>
        Object.entries(examples).map(([name, { value }]) => ({
          operation,
          status,
          name,
          value,
          fault: judge(schema),
        })),
      );
    return [
      ...shown(null, requestBody?.content ?? {}),
      ...Object.entries(responses).flatMap(([status, { content }]) => shown(status, content)),
    ];
  });
}

function judgeOf(document: ApiDocument): (schema: object) => Shown['fault'] {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // The whole document is one resource, so that references within it are found.
  ajv.addSchema({ ...document, $id: 'api' });
  return (schema) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"api#/');
    const validate = ajv.compile(JSON.parse(text));
    return (value) => (validate(value) ? null : ajv.errorsText(validate.errors));
  };
}
