/** A conversion under way: what is known about each tensor, and how an operator gets at it. */
import type { Attribute, OnnxGraph } from './onnx.ts';
import type { Operator, Tensor, TfliteModel } from './tflite.ts';

/** Codes of ActivationFunctionType in the schema. */
const ACTIVATION_NONE = 0;
const ACTIVATION_RELU6 = 3;

/** The value behind each tensor: the name of a computed one, or a constant (converted where it is used). */
export interface Conversion {
  readonly graph: OnnxGraph;
  readonly model: TfliteModel;
  readonly names: Map<number, string>;
  readonly constants: Map<number, Tensor>;
}

/** Adds the node and its activation; the result is the operator's output. */
export function emit(
  { graph, names }: Conversion,
  operator: Operator,
  name: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  activation: number = ACTIVATION_NONE,
): void {
  const value = graph.node(name, inputs, attributes);
  names.set(only(operator.outputs), activate(graph, value, activation));
}

function activate(graph: OnnxGraph, value: string, activation: number): string {
  if (activation === ACTIVATION_NONE) return value;
  if (activation !== ACTIVATION_RELU6) throw new Error(`activation ${activation} is not known`);
  return graph.node('Clip', [value, graph.floats([0], []), graph.floats([6], [])]);
}

/** The name of the operator's first input. */
export function input({ names }: Conversion, operator: Operator): string {
  return computed(names, operator.inputs[0]);
}

export function shapeOf({ model }: Conversion, operator: Operator): readonly number[] {
  return tensorAt(model, only(operator.outputs)).shape;
}

export function only(indices: readonly number[]): number {
  const [index] = indices;
  if (index === undefined || indices.length > 1) throw new Error('one output expected');
  return index;
}

export function computed(names: ReadonlyMap<number, string>, index: number | undefined): string {
  const name = names.get(index ?? -1);
  if (name === undefined) throw new Error(`tensor ${index} is not computed before it is used`);
  return name;
}

export function constantAt(
  constants: ReadonlyMap<number, Tensor>,
  index: number | undefined,
): Tensor {
  const tensor = constants.get(index ?? -1);
  if (tensor === undefined) throw new Error(`tensor ${index} is not a constant`);
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
