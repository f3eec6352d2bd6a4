/**
 * Chance that can be repeated: the same seed makes the same choices.
 */

export interface Chance {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True in `share` of the cases. */
  happens(share: number): boolean;
  oneOf<T>(choices: readonly [T, ...T[]]): T;
}

/** The mulberry32 generator (T. Ettinger, public domain): 32 bits of state are plenty here. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    happens: (share) => next() < share,
    oneOf: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}
