/**
 * What a command answers, and how it is printed: as text for people or as JSON for programs.
 */

/** The answer of a command. */
export interface Answer {
  /** For programs, with `--json`. */
  readonly data: unknown;
  /** For people. */
  readonly text: string;
  /** False when something was found that wants attention: exit code 1. */
  readonly isFine: boolean;
}

/** 0: fine, 1: a finding or a problem, 2: the command line or the configuration is wrong. */
export const EXIT = { fine: 0, problem: 1, usage: 2 } as const;

/** The command was not given what it needs: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command cannot do what it was asked for: exit code 1. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
}
