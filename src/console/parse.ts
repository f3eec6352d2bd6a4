/** Reads what the page sends; anything else is answered with 400. */
import type { z } from 'zod';

/** The value as the schema has it. Throws an error with the status 400. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const message = `${issue?.path.join('.') || 'The request'}: ${issue?.message ?? 'not understood'}`;
  throw Object.assign(new Error(message), { statusCode: 400 });
}

/** An error that is answered with the status and shown as it is. */
export function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}
