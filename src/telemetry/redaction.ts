/**
 * What must never reach a log line, however deep in an error's text it hides: links (they may be
 * signed), tokens, keys and e-mail addresses.
 */

const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)]+/gi, '[url]'],
  [/\beyJ[\w-]+(\.[\w-]+)*/g, '[token]'],
  [/\b(sk|wk|sb)[-_][\w-]{6,}/g, '[key]'],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '[email]'],
];
const LONGEST_TEXT = 500;
/** The most that the patterns search, since some take quadratic time on hostile text. */
const LONGEST_SEARCHED = 2000;
/** The longest e-mail address (RFC 3696): the one secret that cannot be recognised by its beginning. */
const LONGEST_EMAIL = 320;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is searched
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g;

/** The beginning that is searched; the word at the cut goes too, an address may have lost its `@` there. */
function head(text: string): string {
  if (text.length <= LONGEST_SEARCHED) return text;
  const start = LONGEST_SEARCHED - LONGEST_EMAIL;
  return text.slice(0, start) + text.slice(start, LONGEST_SEARCHED).replace(/[\w.+@-]+$/, '');
}

/** The text without secrets and control characters, cut at 500 characters. Takes bounded time. */
export function redact(text: string): string {
  const clean = SECRETS.reduce((rest, [secret, mark]) => rest.replace(secret, mark), head(text));
  return clean.replace(CONTROL_CHARACTERS, ' ').slice(0, LONGEST_TEXT);
}

interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly cause?: LoggedError;
  readonly stack?: string;
}

/** The frames of a stack trace, which name the worker's files and functions, without the message. */
function framesOf({ stack = '', message }: Error): string {
  return stack
    .replace(message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
    .join(' < ');
}

/** An error as it may be logged: name, redacted message, code, and its causes likewise. */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return describeThrown(error);
  const { name, message, cause } = error;
  const code = 'code' in error && error.code != null ? { code: redact(String(error.code)) } : {};
  const causes = cause != null && depth < 4 ? { cause: describeError(cause, depth + 1) } : {};
  const stack = depth === 0 ? { stack: framesOf(error) } : {};
  return { name, message: redact(message), ...code, ...causes, ...stack };
}

/** A thrown value that is no Error, such as PostgREST's plain `{ code, details, hint, message }`. */
function describeThrown(thrown: unknown): LoggedError {
  const { code, hint, message } = (Object(thrown) ?? {}) as Record<string, unknown>;
  if (typeof message !== 'string') return { name: typeof thrown, message: redact(String(thrown)) };
  return {
    name: 'object',
    message: redact(typeof hint === 'string' && hint !== '' ? `${message} (${hint})` : message),
    ...(typeof code === 'string' && code !== '' ? { code: redact(code) } : {}),
  };
}
