/** Frees the memory of large arrays before the garbage collector would. */

/**
 * Frees the memory of `array` unless it shares it with others, and leaves it empty. V8 counts such memory
 * when it decides to collect: left to it, five megabytes a pose made it collect at every fourth one.
 */
export function freeBuffer({ buffer, byteLength }: NodeJS.TypedArray): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
