/** Finds likely typing errors in the names of the environment. */
import type { Variable } from './variable.ts';

/** Names in the environment that are nearly those of variables which are not set: likely misspelt. */
export function misspeltNames(
  env: NodeJS.ProcessEnv,
  variables: Readonly<Record<string, Variable>>,
): string[] {
  const known = Object.values(variables).flatMap(({ name }) => [name, `${name}_FILE`]);
  const missing = known.filter((name) => !env[name]);
  return Object.keys(env)
    .filter((name) => name.length > 6 && !known.includes(name))
    .flatMap((name) => {
      const meant = missing.find((candidate) => isNearly(name, candidate));
      return meant === undefined ? [] : [`${name} is not known: did you mean ${meant}?`];
    });
}

/** Whether one letter more, less, other or swapped makes one name of the other. */
function isNearly(given: string, known: string): boolean {
  let start = 0;
  while (start < given.length && given[start] === known[start]) start += 1;
  const rest = (text: string, skipped: number) => text.slice(start + skipped);
  const swapped = `${given[start + 1]}${given[start]}${rest(given, 2)}`;
  return (
    rest(given, 1) === rest(known, 0) ||
    rest(given, 0) === rest(known, 1) ||
    rest(given, 1) === rest(known, 1) ||
    swapped === rest(known, 0)
  );
}
