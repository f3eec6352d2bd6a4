/**
 * The real command line as a process of its own.
 */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** As bin/wearon has it. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.compile-cache', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  // biome-ignore lint/suspicious/noExplicitAny: every command has its own shape
  readonly json: any;
}

/** Runs `wearon …` with `env` (and nothing else but PATH) to its end. */
export function wearon(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  input = '',
): Promise<CliResult> {
  return new Promise((resolve) => {
    // Not in the repository, where a developer's .env would be read.
    const cwd = tmpdir();
    const options = {
      cwd,
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILED, ...env },
      maxBuffer: 1 << 26,
    };
    const child = execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, stdout, stderr, json: args.includes('--json') ? parse(stdout) : null });
    });
    child.stdin?.end(input);
  });
}

/** Runs `wearon …` with this environment every time. */
export function wearonWith(env: Readonly<Record<string, string>>) {
  return (...args: readonly string[]) => wearon(env, args);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
