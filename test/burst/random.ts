/**
 * Chance that can be repeated: the same seed makes the same choices.
 */
import { randomFrom } from '../support/random.ts';

export interface Chance {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True in `share` of the cases. */
  happens(share: number): boolean;
  oneOf<T>(choices: readonly [T, ...T[]]): T;
}

export function chanceFrom(seed: number): Chance {
  const next = randomFrom(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    happens: (share) => next() < share,
    oneOf: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}
