/** Operators that slide a window over a picture: convolutions and max pooling. */
import { permute } from './constants.ts';
import { type Conversion, constantAt, emit, floatsOf, input, tensorAt } from './conversion.ts';
import type { Attribute, OnnxGraph } from './onnx.ts';
import type { Operator } from './tflite.ts';

const PADDING_SAME = 0;

/**
 * CONV_2D has weights O,H,W,I and DEPTHWISE_CONV_2D 1,H,W,O; `axes` brings either to ONNX's O,I,H,W.
 * In the schema they share the fields of padding and strides, and then differ by one number.
 */
export function convertConvolution(
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
  const attributes = windowAttributes(conversion, operator, window);
  const pixels = input(conversion, operator);
  const biases = graph.floats(floatsOf(bias), bias.shape);
  const activation = operator.options?.int8(3 + shift);
  const [filters, channels = 1] = kernel.shape;
  if (!depthwise && filters === 1 && channels > 1) {
    const products = channelByChannel(graph, pixels, kernel, attributes);
    const ones = graph.floats(new Float32Array(channels).fill(1), [1, channels, 1, 1]);
    const point = { kernel_shape: [1, 1] };
    emit(conversion, operator, 'Conv', [products, ones, biases], point, activation);
    return;
  }
  const weightsName = graph.floats(kernel.values, kernel.shape);
  const group = depthwise ? (tensorAt(model, image).shape[3] ?? 1) : 1;
  const inputs = [pixels, weightsName, biases];
  emit(conversion, operator, 'Conv', inputs, { ...attributes, group }, activation);
}

/**
 * The products of a convolution to one channel, not yet summed over the channels. ONNX Runtime computes
 * outputs in blocks of eight: seven eighths of a whole convolution to one channel would be thrown away.
 */
function channelByChannel(
  graph: OnnxGraph,
  pixels: string,
  { values, shape: [, channels = 1, ...size] }: { values: Float32Array; shape: readonly number[] },
  attributes: Readonly<Record<string, Attribute>>,
): string {
  const weights = graph.floats(values, [channels, 1, ...size]);
  return graph.node('Conv', [pixels, weights], { ...attributes, group: channels });
}

export function convertMaxPool(conversion: Conversion, operator: Operator): void {
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
