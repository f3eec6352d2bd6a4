/**
 * Bilinear interpolation and a convolution of single pixels may change places: both are linear, and
 * the weights of an interpolation sum to 1. Before an enlargement the convolution has less to do.
 */
import { flatOptions } from './flat-options.ts';
import type { Operator, Tensor, TfliteModel } from './tflite.ts';

/** Codes of the schema. */
const CONV_2D = 3;
const RELU6 = 21;
const RESIZE_BILINEAR = 23;
const ACTIVATION_RELU6 = 3;
/** Of CONV_2D: no padding, strides of 1, no activation. */
const PLAIN = flatOptions({ 0: 1, 1: 1, 2: 1, 3: 0 });

/** The model with every such pair in the other order. */
export function convolveBeforeResize(model: TfliteModel): TfliteModel {
  const tensors = [...model.tensors];
  const replacements = new Map<Operator, readonly Operator[]>();
  for (const resize of model.operators) {
    const conv = onlyReader(model, resize);
    if (resize.code !== RESIZE_BILINEAR || conv === null || !isPointwise(model, conv)) continue;
    replacements.set(resize, []);
    replacements.set(conv, otherWayRound(tensors, resize, conv));
  }
  const operators = model.operators.flatMap((operator) => replacements.get(operator) ?? [operator]);
  return { ...model, tensors, operators };
}

function onlyReader(
  { operators, outputs }: TfliteModel,
  { outputs: [value = -1] }: Operator,
): Operator | null {
  const [reader = null, ...others] = operators.filter(({ inputs }) => inputs.includes(value));
  return others.length > 0 || outputs.includes(value) ? null : reader;
}

/** Of 1x1 weights, at every pixel. */
function isPointwise({ tensors }: TfliteModel, { code, inputs, options }: Operator): boolean {
  const [, height, width] = tensors[inputs[1] ?? -1]?.shape ?? [];
  const stride = Math.max(options?.int32(1, 1) ?? 1, options?.int32(2, 1) ?? 1);
  return code === CONV_2D && height === 1 && width === 1 && stride === 1;
}

/** Adds the tensors between the operators: convolution, enlargement, activation. */
function otherWayRound(tensors: Tensor[], resize: Operator, conv: Operator): Operator[] {
  const [picture = -1] = resize.inputs;
  const enlarged = tensors[conv.outputs[0] ?? -1]?.shape ?? [];
  const shape = [...(tensors[picture]?.shape.slice(0, 3) ?? []), enlarged[3] ?? 0];
  const add = (size: readonly number[]) =>
    tensors.push({ name: '', shape: size, constant: null }) - 1;
  const [convolved, resized] = [add(shape), add(enlarged)];
  const isClipped = conv.options?.int8(3) === ACTIVATION_RELU6;
  const first = {
    ...conv,
    inputs: [picture, ...conv.inputs.slice(1)],
    outputs: [convolved],
    options: PLAIN,
  };
  const second = { ...resize, inputs: [convolved], outputs: isClipped ? [resized] : conv.outputs };
  const third = { code: RELU6, inputs: [resized], outputs: conv.outputs, options: null };
  return isClipped ? [first, second, third] : [first, second];
}
