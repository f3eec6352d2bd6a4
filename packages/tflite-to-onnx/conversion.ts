/** A conversion under way: what is known about each tensor, and how an operator gets at it. */
import type { Attribute, OnnxGraph } from './onnx.ts';
import { ACTIVATION, type Operator, type Tensor, type TfliteModel } from './tflite.ts';

/** `names`: of each tensor that is computed; constants are converted where they are used. */
export interface Conversion {
  readonly graph: OnnxGraph;
  readonly model: TfliteModel;
  readonly names: Map<number, string>;
}

/** Adds the node and its activation; the result is the operator's output. */
export function emit(
  conversion: Conversion,
  operator: Operator,
  name: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  activation: number = ACTIVATION.NONE,
): void {
  const value = conversion.graph.node(name, inputs, attributes);
  if (activation === ACTIVATION.NONE) conversion.names.set(only(operator.outputs), value);
  else if (activation !== ACTIVATION.RELU6)
    throw new Error(`activation ${activation} is not known`);
  else if (name === 'Conv') emitClip(conversion, operator, value);
  else emitRelu6(conversion, operator, value);
}

/**
 * The operator's output is `value`, clipped to 0..6. ONNX Runtime computes in a layout of its own and
 * leaves it for a Clip, except where the Clip follows a convolution: so a convolution goes before it
 * that changes nothing.
 */
export function emitRelu6(conversion: Conversion, operator: Operator, value: string): void {
  const [, , , channels] = shapeOf(conversion, operator);
  emitClip(conversion, operator, channels ? copy(conversion.graph, value, channels) : value);
}

function copy(graph: OnnxGraph, value: string, channels: number): string {
  const ones = graph.floats(new Float32Array(channels).fill(1), [channels, 1, 1, 1]);
  return graph.node('Conv', [value, ones], { kernel_shape: [1, 1], group: channels });
}

function emitClip({ graph, names }: Conversion, operator: Operator, value: string): void {
  const clipped = graph.node('Clip', [value, graph.floats([0], []), graph.floats([6], [])]);
  names.set(only(operator.outputs), clipped);
}

/** The name of the operator's first input. */
export function input({ names }: Conversion, operator: Operator): string {
  return computed(names, operator.inputs[0]);
}

export function shapeOf({ model }: Conversion, operator: Operator): readonly number[] {
  return tensorAt(model, only(operator.outputs)).shape;
}

function only(indices: readonly number[]): number {
  const [index] = indices;
  if (index === undefined || indices.length > 1) throw new Error('one output expected');
  return index;
}

export function computed(names: ReadonlyMap<number, string>, index: number | undefined): string {
  const name = names.get(index ?? -1);
  if (name === undefined) throw new Error(`tensor ${index} is not computed before it is used`);
  return name;
}

export function constantAt(model: TfliteModel, index: number | undefined): Tensor {
  const tensor = tensorAt(model, index);
  if (tensor.constant === null) throw new Error(`tensor ${index} is not a constant`);
  return tensor;
}

export function tensorAt(model: TfliteModel, index: number | undefined): Tensor {
  const tensor = model.tensors[index ?? -1];
  if (tensor === undefined) throw new Error(`there is no tensor ${index}`);
  return tensor;
}

export function floatsOf({ name, constant }: Tensor): Float32Array {
  if (constant instanceof Float32Array) return constant;
  throw new Error(`${name}: numbers with a fraction expected`);
}
