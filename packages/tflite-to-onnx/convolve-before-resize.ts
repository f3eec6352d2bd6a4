/**
 * Bilinear interpolation and a convolution of single pixels may change places: both are linear, and
 * the weights of an interpolation sum to 1. Before an enlargement the convolution has less to do.
 */
import { flatOptions } from './flat-options.ts';
import {
  ACTIVATION,
  type AddTensor,
  OPERATOR,
  type Operator,
  rewritten,
  type TfliteModel,
} from './tflite.ts';

/** Of CONV_2D: no padding, strides of 1, no activation. */
const PLAIN = flatOptions({ 0: 1, 1: 1, 2: 1, 3: 0 });

/** The model with every such pair in the other order. */
export function convolveBeforeResize(model: TfliteModel): TfliteModel {
  const resizeBefore = new Map<Operator, Operator>();
  for (const resize of model.operators) {
    const conv = onlyReader(model, resize);
    if (resize.code !== OPERATOR.RESIZE_BILINEAR || conv === null || !isPointwise(model, conv))
      continue;
    resizeBefore.set(conv, resize);
  }
  const moved = new Set(resizeBefore.values());
  return rewritten(model, (operator, add) => {
    const resize = resizeBefore.get(operator);
    if (resize !== undefined) return otherWayRound(model, add, resize, operator);
    return moved.has(operator) ? [] : [operator];
  });
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
  return code === OPERATOR.CONV_2D && height === 1 && width === 1 && stride === 1;
}

/** Adds the tensors between the operators: convolution, enlargement, activation. */
function otherWayRound(
  { tensors }: TfliteModel,
  add: AddTensor,
  resize: Operator,
  conv: Operator,
): Operator[] {
  const [picture = -1] = resize.inputs;
  const enlarged = tensors[conv.outputs[0] ?? -1]?.shape ?? [];
  const shape = [...(tensors[picture]?.shape.slice(0, 3) ?? []), enlarged[3] ?? 0];
  const [convolved, resized] = [add(shape), add(enlarged)];
  const isClipped = conv.options?.int8(3) === ACTIVATION.RELU6;
  const first = {
    ...conv,
    inputs: [picture, ...conv.inputs.slice(1)],
    outputs: [convolved],
    options: PLAIN,
  };
  const second = { ...resize, inputs: [convolved], outputs: isClipped ? [resized] : conv.outputs };
  const third = { code: OPERATOR.RELU6, inputs: [resized], outputs: conv.outputs, options: null };
  return isClipped ? [first, second, third] : [first, second];
}
