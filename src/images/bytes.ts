/** The bytes of a picture's file: read as text and numbers, and kept in part. */

/** More kept pieces than any real file has; bounds the memory that hostile ones take. */
const MAX_PIECES = 4_096;

/**
 * More chunks or segments than any real file has (one of 10 MiB in chunks of 1 KiB has 10,240). Reading
 * each of them takes time on the event loop, and 10 MiB have room for a million empty ones.
 */
export const MAX_PARTS = 16_384;

/** Collects the parts of `file` that are kept; neighbours become one piece. */
export class Pieces {
  readonly #file: Uint8Array;
  readonly #pieces: Uint8Array[] = [];
  #from = 0;
  #to = 0;

  constructor(file: Uint8Array) {
    this.#file = file;
  }

  /** Keeps the bytes of the file from `from` up to `to`. */
  keep(from: number, to: number): void {
    if (from !== this.#to) {
      this.#flush();
      this.#from = from;
    }
    this.#to = to;
  }

  /** Adds bytes that are not from the file. */
  insert(bytes: Uint8Array): void {
    this.#flush();
    this.#pieces.push(bytes);
  }

  /** All of them, or null where there are too many. */
  all(): readonly Uint8Array[] | null {
    this.#flush();
    return this.#pieces.length > MAX_PIECES ? null : this.#pieces;
  }

  #flush(): void {
    if (this.#to > this.#from && this.#pieces.length <= MAX_PIECES) {
      this.#pieces.push(this.#file.subarray(this.#from, this.#to));
    }
    this.#from = this.#to;
  }
}

/** The bytes from `from` up to `to` as text, one character a byte. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}

/** A view of the same bytes that reads numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
