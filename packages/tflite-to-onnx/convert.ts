/**
 * TensorFlow Lite → ONNX, for the operators that the pose models are made of. Inputs and outputs
 * keep their shapes (NHWC); inside, four-dimensional values are NCHW, as ONNX wants them.
 */
import { permute } from './constants.ts';
import {
  type Conversion,
  computed,
  constantAt,
  emit,
  floatsOf,
  input,
  only,
  shapeOf,
  tensorAt,
} from './conversion.ts';
import { type Attribute, OnnxGraph } from './onnx.ts';
import { type Operator, readTflite, type TfliteModel } from './tflite.ts';

const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];
const PADDING_SAME = 0;
type Converter = (conversion: Conversion, operator: Operator) => void;

/** By BuiltinOperator code in the schema. */
const CONVERTERS = new Map<number, Converter>([
  [0, convertAdd],
  [2, convertConcatenation],
  [3, (conversion, operator) => convertConvolution(conversion, operator, [0, 3, 1, 2])],
  [4, (conversion, operator) => convertConvolution(conversion, operator, [3, 0, 1, 2])],
  [5, convertDepthToSpace],
  [6, foldConstant],
  [
    14,
    (conversion, operator) => emit(conversion, operator, 'Sigmoid', [input(conversion, operator)]),
  ],
  [17, convertMaxPool],
  [22, convertReshape],
  [23, convertResizeBilinear],
  [34, convertPad],
  [124, foldConstant],
]);

/** The bytes of a .onnx file that computes what the .tflite file computes; the same ones every time. */
export function convertTfliteToOnnx(file: Uint8Array): Uint8Array {
  return convertModel(readTflite(file));
}

/** As `convertTfliteToOnnx`, for a model that was read already. Throws for an operator it does not know. */
export function convertModel(model: TfliteModel): Uint8Array {
  const conversion: Conversion = {
    graph: new OnnxGraph(),
    model,
    names: new Map(),
    constants: new Map(model.tensors.entries().filter(([, tensor]) => tensor.constant !== null)),
  };
  for (const index of model.inputs) declareInput(conversion, index);
  for (const operator of model.operators) {
    const convert = CONVERTERS.get(operator.code);
    if (convert === undefined) throw new Error(`operator ${operator.code} is not known`);
    convert(conversion, operator);
  }
  for (const index of model.outputs) declareOutput(conversion, index);
  return conversion.graph.file();
}

function declareInput({ graph, model, names }: Conversion, index: number): void {
  const { name, shape } = tensorAt(model, index);
  graph.input(name, shape);
  const is4d = shape.length === 4;
  names.set(index, is4d ? graph.node('Transpose', [name], { perm: TO_NCHW }) : name);
}

function declareOutput({ graph, model, names }: Conversion, index: number): void {
  const { name, shape } = tensorAt(model, index);
  const value = computed(names, index);
  if (shape.length === 4) graph.node('Transpose', [value], { perm: TO_NHWC }, name);
  else graph.node('Identity', [value], {}, name);
  graph.output(name, shape);
}

/** DEQUANTIZE and DENSIFY: constants are read as dense fp32 already, so they only get another number. */
function foldConstant({ constants }: Conversion, operator: Operator): void {
  constants.set(only(operator.outputs), constantAt(constants, operator.inputs[0]));
}

function convertAdd(conversion: Conversion, operator: Operator): void {
  const terms = operator.inputs.map((index) => computed(conversion.names, index));
  emit(conversion, operator, 'Add', terms, {}, operator.options?.int8(0));
}

/** Concatenates along an axis; only for values of up to three dimensions, whose axes keep their order. */
function convertConcatenation(conversion: Conversion, operator: Operator): void {
  if (shapeOf(conversion, operator).length > 3) throw new Error('4-D concatenation is not known');
  const parts = operator.inputs.map((index) => computed(conversion.names, index));
  const axis = operator.options?.int32(0) ?? 0;
  emit(conversion, operator, 'Concat', parts, { axis }, operator.options?.int8(1));
}

/**
 * CONV_2D has weights O,H,W,I and DEPTHWISE_CONV_2D 1,H,W,O; `axes` brings either to ONNX's O,I,H,W.
 * In the schema they share the fields of padding and strides, and then differ by one number.
 */
function convertConvolution(
  conversion: Conversion,
  operator: Operator,
  axes: readonly number[],
): void {
  const { graph, model, constants } = conversion;
  const [image, weightsIndex, biasIndex] = operator.inputs;
  const depthwise = axes[0] === 3;
  const weights = constantAt(constants, weightsIndex);
  const kernel = permute(floatsOf(weights), weights.shape, axes);
  const bias = constantAt(constants, biasIndex);
  const shift = depthwise ? 1 : 0;
  const window = {
    kernel: kernel.shape.slice(2),
    strides: [operator.options?.int32(2, 1) ?? 1, operator.options?.int32(1, 1) ?? 1],
    dilations: [
      operator.options?.int32(5 + shift, 1) ?? 1,
      operator.options?.int32(4 + shift, 1) ?? 1,
    ],
  };
  const inputs = [
    input(conversion, operator),
    graph.floats(kernel.values, kernel.shape),
    graph.floats(floatsOf(bias), bias.shape),
  ];
  const group = depthwise ? (tensorAt(model, image).shape[3] ?? 1) : 1;
  const attributes = { ...windowAttributes(conversion, operator, window), group };
  emit(conversion, operator, 'Conv', inputs, attributes, operator.options?.int8(3 + shift));
}

function convertMaxPool(conversion: Conversion, operator: Operator): void {
  const { options } = operator;
  const window = {
    kernel: [options?.int32(4, 1) ?? 1, options?.int32(3, 1) ?? 1],
    strides: [options?.int32(2, 1) ?? 1, options?.int32(1, 1) ?? 1],
    dilations: [1, 1],
  };
  const attributes = windowAttributes(conversion, operator, window);
  emit(
    conversion,
    operator,
    'MaxPool',
    [input(conversion, operator)],
    attributes,
    options?.int8(5),
  );
}

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/** TensorFlow's SAME puts the odd pixel of padding at the end; ONNX gets the numbers themselves. */
function windowAttributes(
  { model }: Conversion,
  operator: Operator,
  { kernel, strides, dilations }: Window,
): Record<string, Attribute> {
  const same = operator.options?.int8(0) === PADDING_SAME;
  const size = tensorAt(model, operator.inputs[0]).shape.slice(1, 3);
  const total = size.map((pixels, axis) => {
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const stride = strides[axis] ?? 1;
    return same ? Math.max((Math.ceil(pixels / stride) - 1) * stride + reach - pixels, 0) : 0;
  });
  const before = total.map((pixels) => Math.floor(pixels / 2));
  const after = total.map((pixels) => Math.ceil(pixels / 2));
  return { kernel_shape: kernel, strides, dilations, pads: [...before, ...after] };
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
  emit(conversion, operator, 'Reshape', [ordered, graph.integers(to)]);
}

function convertResizeBilinear(conversion: Conversion, operator: Operator): void {
  const [batch = 1, height = 1, width = 1, channels = 1] = shapeOf(conversion, operator);
  const sizes = conversion.graph.integers([batch, channels, height, width]);
  const alignCorners = operator.options?.int8(2) === 1;
  const halfPixel = operator.options?.int8(3) === 1;
  const mode = alignCorners ? 'align_corners' : halfPixel ? 'half_pixel' : 'asymmetric';
  emit(conversion, operator, 'Resize', [input(conversion, operator), '', '', sizes], {
    mode: 'linear',
    coordinate_transformation_mode: mode,
  });
}

/** Zero padding; the constant holds pairs (before, after) for N, H, W, C. */
function convertPad(conversion: Conversion, operator: Operator): void {
  const pairs = constantAt(conversion.constants, operator.inputs[1]).constant ?? [];
  const before = TO_NCHW.map((axis) => pairs[2 * axis] ?? 0);
  const after = TO_NCHW.map((axis) => pairs[2 * axis + 1] ?? 0);
  const pads = conversion.graph.integers([...before, ...after]);
  emit(conversion, operator, 'Pad', [input(conversion, operator), pads]);
}
