/**
 * A TensorFlow Lite model as plain values: tensors, operators, and the constants as fp32 or int32.
 * Field numbers and codes follow tensorflow/lite/schema/schema.fbs.
 */
import { densify, halvesToFloats, type LevelOfSparsity } from './constants.ts';
import { type FlatTable, readFlatbuffer } from './flatbuffer.ts';

/** Codes of BuiltinOperator in the schema, by its names. */
export const OPERATOR = {
  ADD: 0,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEPTH_TO_SPACE: 5,
  DEQUANTIZE: 6,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  RELU6: 21,
  RESHAPE: 22,
  RESIZE_BILINEAR: 23,
  PAD: 34,
  SLICE: 65,
  DENSIFY: 124,
} as const;

/** Codes of ActivationFunctionType in the schema. */
export const ACTIVATION = { NONE: 0, RELU6: 3 } as const;

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The values of a constant, null for what is computed. */
  readonly constant: Float32Array | Int32Array | null;
}

export interface Operator {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: FlatTable | null;
}

export interface TfliteModel {
  readonly tensors: readonly Tensor[];
  readonly operators: readonly Operator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Adds a tensor to a model and returns its index: one to be computed, or a constant. */
export type AddTensor = (shape: readonly number[], constant?: Tensor['constant']) => number;

/** The model with other operators in the place of each. */
export function rewritten(
  model: TfliteModel,
  rewrite: (operator: Operator, add: AddTensor, index: number) => readonly Operator[],
): TfliteModel {
  const tensors = [...model.tensors];
  const add: AddTensor = (shape, constant = null) =>
    tensors.push({ name: '', shape, constant }) - 1;
  const operators = model.operators.flatMap((operator, index) => rewrite(operator, add, index));
  return { ...model, tensors, operators };
}

const FLOAT32 = 0;
const FLOAT16 = 1;
const INT32 = 2;
const SPARSE_CSR = 1;
const UINT16_VECTOR = 2;
const UINT8_VECTOR = 3;

/** Reads the first (and only) subgraph of a .tflite file. */
export function readTflite(file: Uint8Array): TfliteModel {
  const model = readFlatbuffer(file);
  const graph = model.tables(2)[0];
  if (graph === undefined) throw new Error('the .tflite file has no subgraph');
  const buffers = model.tables(4);
  const codes = model.tables(1).map((code) => Math.max(code.int8(0), code.int32(3)));
  return {
    tensors: graph.tables(0).map((tensor) => readTensor(tensor, buffers)),
    operators: graph.tables(3).map((operator) => ({
      code: codes[operator.int32(0)] ?? -1,
      inputs: operator.int32s(1),
      outputs: operator.int32s(2),
      options: operator.table(4),
    })),
    inputs: graph.int32s(1),
    outputs: graph.int32s(2),
  };
}

function readTensor(tensor: FlatTable, buffers: readonly FlatTable[]): Tensor {
  const shape = tensor.int32s(0);
  const data = buffers[tensor.int32(2)]?.bytes(0);
  const name = tensor.text(3);
  if (data === undefined || data.byteLength === 0) return { name, shape, constant: null };
  const stored = readValues(data, tensor.int8(1), name);
  const sparsity = tensor.table(6);
  if (sparsity === null) return { name, shape, constant: stored };
  if (sparsity.int32s(1).length > 0) throw new Error(`${name}: block-sparse tensors are not known`);
  const levels = sparsity.tables(2).map(readLevel);
  return { name, shape, constant: densify(stored, shape, sparsity.int32s(0), levels) };
}

function readValues(data: DataView, type: number, name: string): Float32Array | Int32Array {
  const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  if (type === FLOAT32) return new Float32Array(bytes);
  if (type === FLOAT16) return halvesToFloats(new Uint16Array(bytes));
  if (type === INT32) return new Int32Array(bytes);
  throw new Error(`${name}: tensor type ${type} is not known`);
}

function readLevel(level: FlatTable): LevelOfSparsity {
  if (level.int8(0) !== SPARSE_CSR) return { size: level.int32(1), segments: null, indices: null };
  return { size: 0, segments: readIndices(level, 2), indices: readIndices(level, 4) };
}

/** A union of Int32Vector, Uint16Vector and Uint8Vector; its type is the field before it. */
function readIndices(level: FlatTable, typeField: number): number[] {
  const vector = level.table(typeField + 1);
  if (vector === null) throw new Error('a sparse tensor has no indices');
  const type = level.int8(typeField);
  if (type === UINT8_VECTOR) {
    const bytes = vector.bytes(0);
    return Array.from({ length: bytes.byteLength }, (_, index) => bytes.getUint8(index));
  }
  return type === UINT16_VECTOR ? vector.uint16s(0) : vector.int32s(0);
}
