/**
 * TensorFlow Lite → ONNX, for the operators that the pose models are made of. Inputs and outputs
 * keep their shapes (NHWC); inside, four-dimensional values are NCHW, as ONNX wants them.
 */

import { channelByChannel } from './channel-by-channel.ts';
import {
  type Conversion,
  computed,
  constantAt,
  emit,
  emitRelu6,
  input,
  shapeOf,
  tensorAt,
} from './conversion.ts';
import { convertConvolution, convertMaxPool } from './convolution.ts';
import { convolveBeforeResize } from './convolve-before-resize.ts';
import { foldConstants } from './fold-constants.ts';
import { halveRows } from './halve-rows.ts';
import { OnnxGraph } from './onnx.ts';
import { OPERATOR, type Operator, readTflite, type TfliteModel } from './tflite.ts';

const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];
type Converter = (conversion: Conversion, operator: Operator) => void;

/** What is done to a model before it is converted. */
const PASSES = [foldConstants, convolveBeforeResize, channelByChannel, halveRows];

const CONVERTERS = new Map<number, Converter>([
  [OPERATOR.ADD, convertAdd],
  [OPERATOR.CONCATENATION, convertConcatenation],
  [OPERATOR.CONV_2D, (...args) => convertConvolution(...args, [0, 3, 1, 2])],
  [OPERATOR.DEPTHWISE_CONV_2D, (...args) => convertConvolution(...args, [3, 0, 1, 2])],
  [OPERATOR.DEPTH_TO_SPACE, convertDepthToSpace],
  [OPERATOR.LOGISTIC, (...args) => emit(...args, 'Sigmoid', [input(...args)])],
  [OPERATOR.MAX_POOL_2D, convertMaxPool],
  [OPERATOR.RELU6, (...args) => emitRelu6(...args, input(...args))],
  [OPERATOR.RESHAPE, convertReshape],
  [OPERATOR.RESIZE_BILINEAR, convertResizeBilinear],
  [OPERATOR.PAD, convertPad],
  [OPERATOR.SLICE, convertSlice],
]);

export interface ConversionOptions {
  /**
   * When given, pictures go in as bytes, and 0 to 255 stand for numbers from `lowest` to 1: a quarter
   * of the memory that floats take. Otherwise they go in as floats.
   */
  readonly byteInput?: { readonly lowest: number };
  /** Pictures may have any height and width that the model can halve and enlarge again without a rest. */
  readonly anySize?: boolean;
}

/** The bytes of a .onnx file that computes what the .tflite file computes; the same ones every time. */
export function convertTfliteToOnnx(file: Uint8Array, options?: ConversionOptions): Uint8Array {
  return convertModel(readTflite(file), options);
}

/** As `convertTfliteToOnnx`, for a model that was read already. Throws for an operator it does not know. */
export function convertModel(given: TfliteModel, options: ConversionOptions = {}): Uint8Array {
  const model = PASSES.reduce((changed, pass) => pass(changed), given);
  const conversion: Conversion = {
    graph: new OnnxGraph(),
    model,
    names: new Map(),
  };
  for (const index of model.inputs) declareInput(conversion, index, options);
  for (const operator of model.operators) {
    const convert = CONVERTERS.get(operator.code);
    if (convert === undefined) throw new Error(`operator ${operator.code} is not known`);
    convert(conversion, operator);
  }
  for (const index of model.outputs) declareOutput(conversion, index, options);
  return conversion.graph.file();
}

function declareInput(
  { graph, model, names }: Conversion,
  index: number,
  { byteInput, anySize = false }: ConversionOptions,
): void {
  const { name, shape } = tensorAt(model, index);
  const isPicture = shape.length === 4;
  const declared = anySize ? withoutSizes(shape) : shape;
  const value =
    isPicture && byteInput
      ? scaleBytes(graph, graph.byteInput(name, declared), byteInput.lowest)
      : graph.input(name, declared);
  names.set(index, isPicture ? graph.node('Transpose', [value], { perm: TO_NCHW }) : value);
}

/** 0..255 as `lowest`..1. */
function scaleBytes(graph: OnnxGraph, values: string, lowest: number): string {
  const scaled = graph.node('Mul', [values, graph.floats([(1 - lowest) / 255], [])]);
  return graph.node('Add', [scaled, graph.floats([lowest], [])]);
}

/** Neither the first dimension nor the last depends on a picture's size. */
function withoutSizes(shape: readonly number[]): (number | null)[] {
  return shape.map((size, axis) => (axis === 0 || axis === shape.length - 1 ? size : null));
}

function declareOutput(
  { graph, model, names }: Conversion,
  index: number,
  { anySize = false }: ConversionOptions,
): void {
  const { name, shape } = tensorAt(model, index);
  const value = computed(names, index);
  if (shape.length === 4) graph.node('Transpose', [value], { perm: TO_NHWC }, name);
  else graph.node('Identity', [value], {}, name);
  graph.output(name, anySize ? withoutSizes(shape) : shape);
}

function convertAdd(conversion: Conversion, operator: Operator): void {
  const terms = operator.inputs.map((index) => computed(conversion.names, index));
  emit(conversion, operator, 'Add', terms, {}, operator.options?.int8(0));
}

function convertConcatenation(conversion: Conversion, operator: Operator): void {
  const parts = operator.inputs.map((index) => computed(conversion.names, index));
  const given = operator.options?.int32(0) ?? 0;
  const axis = shapeOf(conversion, operator).length === 4 ? TO_NCHW.indexOf(given) : given;
  emit(conversion, operator, 'Concat', parts, { axis }, operator.options?.int8(1));
}

/** Of four dimensions; the constants hold where it starts and its size, as N, H, W, C. */
function convertSlice(conversion: Conversion, operator: Operator): void {
  const { graph, model } = conversion;
  const [starts, sizes] = [1, 2].map((at) => {
    const { constant } = constantAt(model, operator.inputs[at]);
    return TO_NCHW.map((axis) => constant?.[axis] ?? 0);
  });
  const ends = sizes?.map((size, axis) => size + (starts?.[axis] ?? 0)) ?? [];
  const bounds = [graph.integers(starts ?? []), graph.integers(ends)];
  emit(conversion, operator, 'Slice', [input(conversion, operator), ...bounds]);
}

/** Depth, column, row order, as TensorFlow has it. */
function convertDepthToSpace(conversion: Conversion, operator: Operator): void {
  const attributes = { blocksize: operator.options?.int32(0) ?? 1, mode: 'DCR' };
  emit(conversion, operator, 'DepthToSpace', [input(conversion, operator)], attributes);
}

/** Reshapes in NHWC order, since that is the order in which the model counts. */
function convertReshape(conversion: Conversion, operator: Operator): void {
  const { graph, model } = conversion;
  const from = tensorAt(model, operator.inputs[0]).shape;
  const to = shapeOf(conversion, operator);
  if (to.length === 4) throw new Error('a reshape to four dimensions is not known');
  const value = input(conversion, operator);
  const ordered = from.length === 4 ? graph.node('Transpose', [value], { perm: TO_NHWC }) : value;
  // How many rows there are depends on the picture's size.
  const rows = to.length === 3 ? to.with(1, -1) : to;
  emit(conversion, operator, 'Reshape', [ordered, graph.integers(rows)]);
}

function convertResizeBilinear(conversion: Conversion, operator: Operator): void {
  const from = tensorAt(conversion.model, operator.inputs[0]).shape;
  const to = shapeOf(conversion, operator);
  const factors = TO_NCHW.map((axis) => (to[axis] ?? 1) / (from[axis] ?? 1));
  if (!factors.every(Number.isInteger))
    throw new Error('only enlargements by whole numbers are known');
  const scales = conversion.graph.floats(factors, [factors.length]);
  const alignCorners = operator.options?.int8(2) === 1;
  const halfPixel = operator.options?.int8(3) === 1;
  const mode = alignCorners ? 'align_corners' : halfPixel ? 'half_pixel' : 'asymmetric';
  emit(conversion, operator, 'Resize', [input(conversion, operator), '', scales], {
    mode: 'linear',
    coordinate_transformation_mode: mode,
  });
}

/** Zero padding; the constant holds pairs (before, after) for N, H, W, C. */
function convertPad(conversion: Conversion, operator: Operator): void {
  const pairs = constantAt(conversion.model, operator.inputs[1]).constant ?? [];
  const before = TO_NCHW.map((axis) => pairs[2 * axis] ?? 0);
  const after = TO_NCHW.map((axis) => pairs[2 * axis + 1] ?? 0);
  const pads = conversion.graph.integers([...before, ...after]);
  emit(conversion, operator, 'Pad', [input(conversion, operator), pads]);
}
