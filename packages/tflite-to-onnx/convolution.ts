/** Operators that slide a window over a picture: convolutions and max pooling. */
import { permute } from './constants.ts';
import { type Conversion, constantAt, emit, floatsOf, input, tensorAt } from './conversion.ts';
import type { Attribute } from './onnx.ts';
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
  const { graph, model } = conversion;
  const [image, weightsIndex, biasIndex] = operator.inputs;
  const depthwise = axes[0] === 3;
  const weights = constantAt(model, weightsIndex);
  const kernel = permute(floatsOf(weights), weights.shape, axes);
  const bias = constantAt(model, biasIndex);
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
  const weightsName = graph.floats(kernel.values, kernel.shape);
  const group = depthwise ? (tensorAt(model, image).shape[3] ?? 1) : 1;
  const inputs = [pixels, weightsName, biases];
  emit(conversion, operator, 'Conv', inputs, { ...attributes, group }, activation);
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
