/**
 * Runs one command from its options to its exit code. Nothing that goes wrong prints a link, a key
 * or a stack.
 */
import type { Command } from 'commander';
import { ZodError } from 'zod';
import { ConfigError } from '../config.ts';
import { TaskError } from '../errors.ts';
import { redact } from '../telemetry/redaction.ts';
import { EXIT, UsageError } from './answer.ts';
import { CliContext, type Run, type Terminal } from './cli-context.ts';
import { printable } from './table.ts';

export interface Deps {
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  readonly exit: (code: number) => void;
}

/** How commands are run here. */
export function runner({ env, terminal, print, printError, exit }: Deps): Run {
  return (work) =>
    async (...given) => {
      // Commander gives the command itself last.
      const { json } = (given.at(-1) as Command).opts<{ json?: boolean }>();
      try {
        await using context = new CliContext(env, terminal);
        const { data, text, isFine } = await work(context, ...given);
        print(printable(json ? JSON.stringify(data, null, 2) : text));
        exit(isFine ? EXIT.fine : EXIT.problem);
      } catch (error) {
        const text = explain(error);
        if (json) print(printable(JSON.stringify({ error: text }, null, 2)));
        printError(printable(text));
        exit(exitCodeOf(error));
      }
    };
}

function exitCodeOf(error: unknown): number {
  return error instanceof ConfigError || error instanceof UsageError ? EXIT.usage : EXIT.problem;
}

function explain(error: unknown): string {
  // Its examples hold no secret, and links are what it is about.
  if (error instanceof ConfigError) return error.message;
  if (error instanceof TaskError) {
    return `The Supabase request failed: ${causeOf(error)}. \`wearon doctor\` may say more.`;
  }
  return redact(error instanceof Error ? error.message : String(error));
}

/** The cause in words: the fields of a validation error, and nothing of a proxy's page. */
function causeOf({ cause, detail }: TaskError): string {
  if (cause instanceof ZodError) {
    const fields = cause.issues.map(({ path }) => path.join('.') || 'the whole answer');
    return `it answered with something unexpected (${[...new Set(fields)].slice(0, 5).join(', ')})`;
  }
  // An error of the database is a plain object.
  const { message = detail ?? 'no reason given' } = (cause ?? {}) as { message?: string };
  return /^\s*</.test(message) ? 'it answered with a page instead of data' : redact(message);
}

/** Commander's own usage errors end with the exit code for usage. */
export function exitAsUsage(program: Command): void {
  program.exitOverride((error) => {
    throw error.exitCode === 0 ? error : Object.assign(error, { exitCode: EXIT.usage });
  });
  for (const command of program.commands) exitAsUsage(command);
}
