/** Reads one variable from the environment, or from the file that NAME_FILE names. */
import { readFileSync } from 'node:fs';
import type { Variable } from './variable.ts';

/**
 * What a variable is set to: its own text or, as secrets are mounted, that of the file which
 * NAME_FILE names. Throws an Error whose message ends the sentence "NAME …".
 */
function givenText(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const given = env[name]?.trim();
  const path = env[`${name}_FILE`]?.trim();
  if (!path) return given;
  if (given) throw new Error(`must not be set when ${name}_FILE is`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`cannot be read from the file ${path} that ${name}_FILE names: ${code}`);
  }
}

/** A variable's value, or the problem with it as a sentence. */
export function readVariable(
  { name, default: fallback, example, parse }: Variable,
  env: NodeJS.ProcessEnv,
) {
  const hint = `(example: ${name}=${example})`;
  try {
    const given = givenText(name, env) || fallback;
    if (given === undefined) return { problem: `${name} is required but missing ${hint}` };
    if (fallback === undefined && given === example) {
      return { problem: `${name} is still the text of .env.example` };
    }
    return { value: parse(given) };
  } catch (error) {
    return { problem: `${name} ${(error as Error).message} ${hint}` };
  }
}
