/**
 * Reads flatbuffers, the container of .tflite files, as far as a model needs it.
 * A table is a position in the file; its fields are found by their number in the schema.
 * Format: https://flatbuffers.dev/internals
 */

/** One table of a flatbuffer. Absent scalar fields have the value 0 unless a default is given. */
export class FlatTable {
  readonly #bytes: DataView;
  readonly #position: number;

  constructor(bytes: DataView, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  int8(field: number, absent = 0): number {
    const at = this.#at(field);
    return at === 0 ? absent : this.#bytes.getInt8(at);
  }

  int32(field: number, absent = 0): number {
    const at = this.#at(field);
    return at === 0 ? absent : this.#bytes.getInt32(at, true);
  }

  table(field: number): FlatTable | null {
    const at = this.#at(field);
    return at === 0 ? null : new FlatTable(this.#bytes, this.#follow(at));
  }

  tables(field: number): FlatTable[] {
    const { start, length } = this.#vector(field);
    const items = Array.from({ length }, (_, index) => this.#follow(start + 4 * index));
    return items.map((position) => new FlatTable(this.#bytes, position));
  }

  int32s(field: number): number[] {
    const { start, length } = this.#vector(field);
    return Array.from({ length }, (_, index) => this.#bytes.getInt32(start + 4 * index, true));
  }

  uint16s(field: number): number[] {
    const { start, length } = this.#vector(field);
    return Array.from({ length }, (_, index) => this.#bytes.getUint16(start + 2 * index, true));
  }

  /** A vector of bytes, as a view into the file. */
  bytes(field: number): DataView {
    const { start, length } = this.#vector(field);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }

  text(field: number): string {
    const view = this.bytes(field);
    return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  /** Where the field's value is, or 0 when the table does not have it. */
  #at(field: number): number {
    const vtable = this.#position - this.#bytes.getInt32(this.#position, true);
    const slot = 4 + 2 * field;
    if (slot >= this.#bytes.getUint16(vtable, true)) return 0;
    const offset = this.#bytes.getUint16(vtable + slot, true);
    return offset === 0 ? 0 : this.#position + offset;
  }

  #follow(at: number): number {
    return at + this.#bytes.getUint32(at, true);
  }

  #vector(field: number): { start: number; length: number } {
    const at = this.#at(field);
    if (at === 0) return { start: 0, length: 0 };
    const position = this.#follow(at);
    return { start: position + 4, length: this.#bytes.getUint32(position, true) };
  }
}

/** The root table of a flatbuffer file. */
export function readFlatbuffer(file: Uint8Array): FlatTable {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return new FlatTable(view, view.getUint32(0, true));
}
