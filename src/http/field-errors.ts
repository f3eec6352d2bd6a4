/** What is wrong with a request, field by field, in the form that FastAPI gave it. */
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

export interface FieldError {
  readonly type: string;
  readonly loc: readonly string[];
  readonly msg: string;
  readonly input: unknown;
}

interface Issue {
  readonly keyword: string;
  readonly path: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly input: unknown;
}

/** The field errors behind an error of Fastify's; null when the error is of another kind. */
export function fieldErrorsOf(
  error: FastifyError,
  request: { body: unknown; query: unknown },
): FieldError[] | null {
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return [missing(['body'], null)];
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError) {
    return [{ type: 'json_invalid', loc: ['body'], msg: 'JSON decode error', input: {} }];
  }
  if (!hasZodFastifySchemaValidationErrors(error)) return null;
  const [place, whole] =
    error.validationContext === 'querystring' ? ['query', request.query] : ['body', request.body];
  return error.validation.flatMap(({ keyword, instancePath, params }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    const input = path.reduce(valueAt, whole);
    return describe(place as string, whole, { keyword, path, params, input });
  });
}

function describe(place: string, whole: unknown, issue: Issue): FieldError[] {
  const loc = [place, ...issue.path];
  if (issue.keyword === 'unrecognized_keys') {
    const keys = (issue.params.keys ?? []) as string[];
    return keys.map((key) => ({
      type: 'extra_forbidden',
      loc: [...loc, key],
      msg: 'Extra inputs are not permitted',
      input: valueAt(issue.input, key),
    }));
  }
  if (issue.input === undefined) return [missing(loc, whole ?? null)];
  return [{ ...typeAndMessage(issue), loc, input: issue.input }];
}

function missing(loc: readonly string[], input: unknown): FieldError {
  return { type: 'missing', loc, msg: 'Field required', input };
}

function typeAndMessage({ keyword, params, input }: Issue): { type: string; msg: string } {
  const { minimum, maximum, origin, expected, values } = params;
  switch (keyword) {
    case 'too_small':
      return {
        type: 'greater_than_equal',
        msg: `Input should be greater than or equal to ${minimum}`,
      };
    case 'too_big':
      return origin === 'string'
        ? { type: 'url_too_long', msg: `URL should have at most ${maximum} characters` }
        : { type: 'less_than_equal', msg: `Input should be less than or equal to ${maximum}` };
    case 'invalid_format':
      return typeof input === 'string' && URL.canParse(input)
        ? { type: 'url_scheme', msg: "URL scheme should be 'http' or 'https'" }
        : { type: 'url_parsing', msg: 'Input should be a valid URL' };
    case 'invalid_value': {
      const options = (values as unknown[]).map((value) => `'${value}'`).join(' or ');
      return { type: 'literal_error', msg: `Input should be ${options}` };
    }
    default:
      return wrongType(expected);
  }
}

function wrongType(expected: unknown): { type: string; msg: string } {
  if (expected === 'number') return { type: 'float_type', msg: 'Input should be a valid number' };
  if (expected === 'string') return { type: 'string_type', msg: 'Input should be a valid string' };
  return { type: 'model_attributes_type', msg: 'Input should be a valid dictionary' };
}

function valueAt(value: unknown, key: string): unknown {
  const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return holds ? (value as Record<string, unknown>)[key] : undefined;
}
