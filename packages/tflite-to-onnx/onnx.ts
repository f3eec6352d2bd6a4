/**
 * An ONNX graph, built node by node and written as a .onnx file.
 * Field numbers follow onnx/onnx.proto; operators are those of opset 17.
 */
import { product } from './constants.ts';
import { bytes, integer, message } from './protobuf.ts';

const IR_VERSION = 8;
const OPSET_VERSION = 17;
const FLOAT = 1;
const UINT8 = 2;
const INT64 = 7;

/** A whole number, a list of whole numbers, or a word. */
export type Attribute = number | readonly number[] | string;

/** A size; null where it follows from the picture that goes in. */
export type Dimension = number | null;

/** Collects nodes and constants. Values are referred to by name. */
export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers: Uint8Array[] = [];
  readonly #inputs: Uint8Array[] = [];
  readonly #outputs: Uint8Array[] = [];
  #names = 0;

  /** An input of floats; returns its name. */
  input(name: string, shape: readonly Dimension[]): string {
    this.#inputs.push(bytes(11, valueInfo(name, shape, FLOAT)));
    return name;
  }

  /** An input of bytes; returns the name of the same numbers as floats. */
  byteInput(name: string, shape: readonly Dimension[]): string {
    this.#inputs.push(bytes(11, valueInfo(name, shape, UINT8)));
    return this.node('Cast', [name], { to: FLOAT });
  }

  output(name: string, shape: readonly Dimension[]): void {
    this.#outputs.push(bytes(12, valueInfo(name, shape, FLOAT)));
  }

  /** Adds a node; returns the name of its output. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = this.#newName(operator),
  ): string {
    const fields = [
      ...inputs.map((input) => bytes(1, input)),
      bytes(2, output),
      bytes(4, operator),
      ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
    ];
    this.#nodes.push(bytes(1, message(...fields)));
    return output;
  }

  floats(values: Float32Array | readonly number[], shape: readonly number[]): string {
    return this.#initializer(FLOAT, shape, Float32Array.from(values));
  }

  integers(values: readonly number[]): string {
    return this.#initializer(INT64, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** The whole file. */
  file(): Uint8Array {
    const graph = message(
      ...this.#nodes,
      bytes(2, 'graph'),
      ...this.#initializers,
      ...this.#inputs,
      ...this.#outputs,
    );
    const opset = message(bytes(1, ''), integer(2, OPSET_VERSION));
    return message(integer(1, IR_VERSION), bytes(7, graph), bytes(8, opset));
  }

  #initializer(
    type: number,
    shape: readonly number[],
    values: Float32Array | BigInt64Array,
  ): string {
    if (values.length !== product(shape)) throw new Error('a constant does not fill its shape');
    const name = this.#newName('constant');
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const dims = shape.map((size) => integer(1, size));
    const tensor = message(...dims, integer(2, type), bytes(8, name), bytes(9, raw));
    this.#initializers.push(bytes(5, tensor));
    return name;
  }

  #newName(prefix: string): string {
    this.#names += 1;
    return `${prefix}_${this.#names}`;
  }
}

function attribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === 'number') return message(bytes(1, name), integer(3, value), integer(20, 2));
  if (typeof value === 'string') return message(bytes(1, name), bytes(4, value), integer(20, 3));
  return message(bytes(1, name), ...value.map((item) => integer(8, item)), integer(20, 7));
}

function valueInfo(name: string, shape: readonly Dimension[], type: number): Uint8Array {
  const dims = shape.map((size) => bytes(1, size === null ? message() : integer(1, size)));
  const tensor = message(integer(1, type), bytes(2, message(...dims)));
  return message(bytes(1, name), bytes(2, bytes(1, tensor)));
}
