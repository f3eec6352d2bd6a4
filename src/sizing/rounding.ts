/** Rounding as the original did it: to the nearest decimal of the exact value, exact ties to even. */

/**
 * `value` rounded to `decimals` places like Python's `round`. `toFixed` is correct on the exact
 * binary value but for ties, which it takes upwards; a double is an exact tie only when it is an odd
 * multiple of 2^-(decimals + 1), and then the products below are exact.
 */
export function roundHalfEven(value: number, decimals: number): number {
  const isTie = Math.abs((value * 2 ** (decimals + 1)) % 2) === 1;
  if (!isTie) return Number(value.toFixed(decimals));
  const below = Math.floor(value * 10 ** decimals);
  return (below % 2 === 0 ? below : below + 1) / 10 ** decimals;
}
