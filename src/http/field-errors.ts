/** What is wrong with a request, field by field, in the form that FastAPI gave it. */
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

interface FieldError {
  readonly type: string;
  readonly loc: readonly string[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

type Kind = Pick<FieldError, 'type' | 'msg' | 'ctx'>;

/** The bounds of an answer: it is never much longer than the request, whatever that holds. */
const MAX_ERRORS = 10;
const MAX_INPUT_CHARACTERS = 256;
const MAX_KEY_CHARACTERS = 64;

interface Issue {
  readonly keyword: string;
  readonly path: readonly string[];
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly input: unknown;
}

/** An issue as zod nests it in that of a union. */
interface ZodIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

interface CheckedRequest {
  readonly body: unknown;
  readonly query: unknown;
}

/**
 * The first field errors behind an error of Fastify's, at most ten; null when the error is of
 * another kind.
 */
export function fieldErrorsOf(error: FastifyError, request: CheckedRequest): FieldError[] | null {
  const errors = everyFieldError(error, request);
  if (errors === null) return null;
  return errors.slice(0, MAX_ERRORS).map(({ loc, ...rest }) => ({
    ...rest,
    loc: loc.map((key) => key.slice(0, MAX_KEY_CHARACTERS)),
  }));
}

function everyFieldError(error: FastifyError, request: CheckedRequest): FieldError[] | null {
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return [missing(['body'], null)];
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError) {
    const ctx = { error: 'Invalid JSON' };
    return [{ type: 'json_invalid', loc: ['body'], msg: 'JSON decode error', input: {}, ctx }];
  }
  if (!hasZodFastifySchemaValidationErrors(error)) return null;
  const [place, whole] =
    error.validationContext === 'querystring' ? ['query', request.query] : ['body', request.body];
  return error.validation.flatMap(({ keyword, instancePath, params, message }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    const input = path.reduce(valueAt, whole);
    const issues = withinUnion({ keyword, path, message: message ?? '', params, input });
    return issues.flatMap((issue) => describe(place as string, whole, issue));
  });
}

/** Of a union the issues of the alternative that was meant: an object's where an object was given. */
function withinUnion(issue: Issue): Issue[] {
  if (issue.keyword !== 'invalid_union') return [issue];
  const alternatives = issue.params.errors as ZodIssue[][];
  const meant = alternatives.at(typeof issue.input === 'object' ? -1 : 0) ?? [];
  return meant.map(({ code, path, message, ...params }) => {
    const inside = path.map(String);
    return {
      keyword: code,
      path: [...issue.path, ...inside],
      message,
      params,
      input: inside.reduce(valueAt, issue.input),
    };
  });
}

function describe(place: string, whole: unknown, issue: Issue): FieldError[] {
  const loc = [place, ...issue.path];
  if (issue.keyword === 'unrecognized_keys') {
    const keys = (issue.params.keys ?? []) as string[];
    return keys.slice(0, MAX_ERRORS).map((key) => ({
      type: 'extra_forbidden',
      loc: [...loc, key],
      msg: 'Extra inputs are not permitted',
      input: printable(valueAt(issue.input, key)),
    }));
  }
  if (issue.input === undefined) return [missing(loc, whole ?? null)];
  if (issue.input === null && issue.path.length === 0) return [missing(loc, null)];
  return [{ ...kindOf(issue), loc, input: printable(issue.input) }];
}

/** The input where it is short; one that is long, or nested too deeply for JSON, is left out. */
function printable(input: unknown): unknown {
  try {
    const isShort = (JSON.stringify(input) ?? '').length <= MAX_INPUT_CHARACTERS;
    return isShort ? input : null;
  } catch {
    return null;
  }
}

function missing(loc: readonly string[], input: unknown): FieldError {
  return { type: 'missing', loc, msg: 'Field required', input: printable(input) };
}

/** What pydantic calls the issue. */
function kindOf({ keyword, path, message, params, input }: Issue): Kind {
  const { minimum, maximum, origin, expected, values } = params;
  const isLink = path[0] === 'image_url';
  switch (keyword) {
    case 'too_small':
      if (origin !== 'number')
        return notOfLength(origin, `at least ${minimum}`, { min_length: minimum });
      return {
        type: 'greater_than_equal',
        msg: `Input should be greater than or equal to ${minimum}`,
        ctx: { ge: minimum },
      };
    case 'too_big':
      if (isLink && origin === 'string') return urlTooLong(maximum);
      if (origin !== 'number')
        return notOfLength(origin, `at most ${maximum}`, { max_length: maximum });
      return lessThanEqual(maximum);
    case 'custom':
    case 'invalid_format':
      if (!isLink)
        return { type: 'value_error', msg: `Value error, ${message}`, ctx: { error: message } };
      return typeof input === 'string' && URL.canParse(input) ? URL_SCHEME : noUrl(input);
    case 'invalid_value': {
      const options = (values as unknown[]).map((value) => `'${value}'`).join(' or ');
      return {
        type: 'literal_error',
        msg: `Input should be ${options}`,
        ctx: { expected: options },
      };
    }
    default:
      return wrongType(path, expected);
  }
}

const SCHEMES = "'http' or 'https'";
const URL_SCHEME: Kind = {
  type: 'url_scheme',
  msg: `URL scheme should be ${SCHEMES}`,
  ctx: { expected_schemes: SCHEMES },
};

function urlTooLong(maximum: unknown): Kind {
  return {
    type: 'url_too_long',
    msg: `URL should have at most ${maximum} characters`,
    ctx: { max_length: maximum },
  };
}

/** Of a string or a list. */
function notOfLength(
  origin: unknown,
  length: string,
  ctx: { min_length?: unknown; max_length?: unknown },
): Kind {
  const end = 'min_length' in ctx ? 'short' : 'long';
  const [kind, what, unit] =
    origin === 'string' ? ['string_too', 'String', 'characters'] : ['too', 'List', 'items'];
  return { type: `${kind}_${end}`, msg: `${what} should have ${length} ${unit}`, ctx };
}

function lessThanEqual(maximum: unknown): Kind {
  return {
    type: 'less_than_equal',
    msg: `Input should be less than or equal to ${maximum}`,
    ctx: { le: maximum },
  };
}

function noUrl(input: unknown): Kind {
  const error = input === '' ? 'input is empty' : 'relative URL without a base';
  return { type: 'url_parsing', msg: `Input should be a valid URL, ${error}`, ctx: { error } };
}

function wrongType(path: readonly string[], expected: unknown): Kind {
  if (path[0] === 'image_url') {
    return { type: 'url_type', msg: 'URL input should be a string or URL' };
  }
  if (expected === 'number') return { type: 'float_type', msg: 'Input should be a valid number' };
  if (expected === 'array') return { type: 'list_type', msg: 'Input should be a valid list' };
  if (expected === 'string') return { type: 'string_type', msg: 'Input should be a valid string' };
  return {
    type: 'model_attributes_type',
    msg: 'Input should be a valid dictionary or object to extract fields from',
  };
}

function valueAt(value: unknown, key: string): unknown {
  const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return holds ? (value as Record<string, unknown>)[key] : undefined;
}
