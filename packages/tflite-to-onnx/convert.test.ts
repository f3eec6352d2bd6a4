/** Each operator in a graph of its own, run in ONNX Runtime against answers worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { convertModel } from './convert.ts';
import { flatOptions } from './flat-options.ts';
import type { FlatTable } from './flatbuffer.ts';
import { ACTIVATION, OPERATOR, type Tensor } from './tflite.ts';

const SAME = 0;
const VALID = 1;

interface Case {
  readonly code: number;
  readonly options?: FlatTable;
  readonly input: readonly number[];
  readonly inputShape: readonly number[];
  readonly constants?: readonly Tensor[];
  /** The operator's inputs; usually the input and then the constants. */
  readonly inputs?: readonly number[];
  readonly outputShape: readonly number[];
  readonly output: readonly number[];
}

/** A model with one input, one operator and its constants. */
function modelOf(one: Omit<Case, 'input' | 'output'>) {
  const { code, options, inputShape, constants = [], ...rest } = one;
  const output = constants.length + 1;
  const inputs = rest.inputs ?? [0, ...constants.map((_, index) => index + 1)];
  return convertModel({
    tensors: [
      { name: 'in', shape: inputShape, constant: null },
      ...constants,
      { name: 'out', shape: rest.outputShape, constant: null },
    ],
    operators: [{ code, options: options ?? null, inputs, outputs: [output] }],
    inputs: [0],
    outputs: [output],
  });
}

async function run(file: Uint8Array, input: readonly number[], shape: readonly number[]) {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const session = await InferenceSession.create(file);
  const { out } = await session.run({
    in: new OnnxTensor('float32', Float32Array.from(input), shape),
  });
  return Array.from((out?.data ?? []) as Float32Array, (value) => Number(value.toFixed(5)));
}

function floats(shape: readonly number[], values: readonly number[]): Tensor {
  return { name: 'constant', shape, constant: Float32Array.from(values) };
}

function integers(values: readonly number[]): Tensor {
  return { name: 'constant', shape: [values.length], constant: Int32Array.from(values) };
}

const RESIZE = {
  code: OPERATOR.RESIZE_BILINEAR,
  input: [0, 4],
  inputShape: [1, 1, 2, 1],
  constants: [integers([1, 4])],
  outputShape: [1, 1, 4, 1],
};

const CASES: Readonly<Record<string, Case>> = {
  'a convolution mixes channels, adds its bias and clips at 6': {
    code: OPERATOR.CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 1, 3: ACTIVATION.RELU6 }),
    input: [1, 2, 3, 4],
    inputShape: [1, 1, 2, 2],
    constants: [floats([3, 1, 1, 2], [1, 10, -1, 0, 0, 1]), floats([3], [0.5, 0, 0])],
    outputShape: [1, 1, 2, 3],
    output: [6, 0, 2, 6, 0, 4],
  },
  'a convolution without activation keeps negative and large values': {
    code: OPERATOR.CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 1, 3: 0 }),
    input: [1, 2],
    inputShape: [1, 1, 2, 1],
    constants: [floats([1, 1, 1, 1], [-10]), floats([1], [1])],
    outputShape: [1, 1, 2, 1],
    output: [-9, -19],
  },
  'SAME padding with stride 2 pads an even picture at the end': {
    code: OPERATOR.CONV_2D,
    options: flatOptions({ 0: SAME, 1: 2, 2: 2 }),
    input: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    inputShape: [1, 4, 4, 1],
    constants: [floats([1, 3, 3, 1], [1, 0, 0, 0, 0, 0, 0, 0, 1]), floats([1], [0])],
    outputShape: [1, 2, 2, 1],
    output: [1 + 11, 3, 9, 11],
  },
  'strides and dilations of height and width are not mixed up': {
    code: OPERATOR.CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 2, 4: 2, 5: 1 }),
    input: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    inputShape: [1, 3, 4, 1],
    constants: [floats([1, 1, 2, 1], [1, 100]), floats([1], [0])],
    outputShape: [1, 2, 2, 1],
    output: [301, 402, 1109, 1210],
  },
  'a convolution to one channel sums over the window and the channels': {
    code: OPERATOR.CONV_2D,
    options: flatOptions({ 0: SAME, 1: 1, 2: 1, 3: ACTIVATION.RELU6 }),
    input: [1, 10, 2, 20, -3, -30],
    inputShape: [1, 1, 3, 2],
    constants: [floats([1, 1, 3, 2], [1, 0.1, 0, 0.01, 0, 0]), floats([1], [0.5])],
    outputShape: [1, 1, 3, 1],
    output: [0.6, 2.7, 4.2],
  },
  'a depthwise convolution keeps channels apart': {
    code: OPERATOR.DEPTHWISE_CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 1, 3: 1, 4: 0 }),
    input: [1, 10, 2, 20, 3, 30],
    inputShape: [1, 1, 3, 2],
    constants: [floats([1, 1, 2, 2], [1, 2, 1, -1]), floats([2], [0, 5])],
    outputShape: [1, 1, 2, 2],
    output: [3, 20 - 20 + 5, 5, 40 - 30 + 5],
  },
  'a sum of a value with itself doubles it and obeys the activation': {
    code: OPERATOR.ADD,
    options: flatOptions({ 0: ACTIVATION.RELU6 }),
    inputs: [0, 0],
    input: [-1, 2, 5],
    inputShape: [1, 1, 1, 3],
    outputShape: [1, 1, 1, 3],
    output: [0, 4, 6],
  },
  'a concatenation joins along its axis': {
    code: OPERATOR.CONCATENATION,
    options: flatOptions({ 0: 1 }),
    inputs: [0, 0],
    input: [7, 8],
    inputShape: [1, 2, 1],
    outputShape: [1, 4, 1],
    output: [7, 8, 7, 8],
  },
  'a concatenation of pictures joins rows, columns or channels': {
    code: OPERATOR.CONCATENATION,
    options: flatOptions({ 0: 3 }),
    inputs: [0, 0],
    input: [1, 2, 3, 4],
    inputShape: [1, 1, 2, 2],
    outputShape: [1, 1, 2, 4],
    output: [1, 2, 1, 2, 3, 4, 3, 4],
  },
  'a slice starts where it says and has the size that it says': {
    code: OPERATOR.SLICE,
    input: [1, 2, 3, 4, 5, 6, 7, 8],
    inputShape: [1, 2, 2, 2],
    constants: [integers([0, 1, 0, 1]), integers([1, 1, 2, 1])],
    outputShape: [1, 1, 2, 1],
    output: [6, 8],
  },
  'depth to space deals channels out by row, column, then channel': {
    code: OPERATOR.DEPTH_TO_SPACE,
    options: flatOptions({ 0: 2 }),
    input: [1, 2, 3, 4, 5, 6, 7, 8],
    inputShape: [1, 1, 1, 8],
    outputShape: [1, 2, 2, 2],
    output: [1, 2, 3, 4, 5, 6, 7, 8],
  },
  'max pooling takes the largest of each window': {
    code: OPERATOR.MAX_POOL_2D,
    options: flatOptions({ 0: VALID, 1: 2, 2: 2, 3: 2, 4: 2 }),
    input: [1, 5, 2, 0, 3, 4, 8, -1],
    inputShape: [1, 2, 4, 1],
    outputShape: [1, 1, 2, 1],
    output: [5, 8],
  },
  'a logistic is the sigmoid': {
    code: OPERATOR.LOGISTIC,
    input: [0, 100],
    inputShape: [1, 2],
    outputShape: [1, 2],
    output: [0.5, 1],
  },
  'a reshape counts pixels with their channels together': {
    code: OPERATOR.RESHAPE,
    input: [1, 2, 3, 4, 5, 6],
    inputShape: [1, 1, 3, 2],
    constants: [integers([1, 3, 2])],
    outputShape: [1, 3, 2],
    output: [1, 2, 3, 4, 5, 6],
  },
  'padding adds zeros before and after each axis, channels too': {
    code: OPERATOR.PAD,
    input: [1, 2],
    inputShape: [1, 1, 2, 1],
    constants: [integers([0, 0, 0, 0, 1, 0, 0, 1])],
    outputShape: [1, 1, 3, 2],
    output: [0, 0, 1, 0, 2, 0],
  },
  'a bilinear resize follows half-pixel centres where the model does': {
    ...RESIZE,
    options: flatOptions({ 3: 1 }),
    output: [0, 1, 3, 4],
  },
  'a bilinear resize aligns corners where the model asks for it': {
    ...RESIZE,
    options: flatOptions({ 2: 1 }),
    output: [0, 1.33333, 2.66667, 4],
  },
  'a bilinear resize without either starts at the corner': {
    ...RESIZE,
    options: flatOptions({}),
    output: [0, 2, 4, 4],
  },
};

for (const [name, operator] of Object.entries(CASES)) {
  test(name, async () => {
    const output = await run(modelOf(operator), operator.input, operator.inputShape);
    assert.deepEqual(output, operator.output);
  });
}

test('constants that pass through DEQUANTIZE are folded into the operator', async () => {
  const bias = floats([1], [1]);
  const file = convertModel({
    tensors: [
      { name: 'in', shape: [1, 1, 1, 1], constant: null },
      floats([1, 1, 1, 1], [3]),
      { name: 'weights', shape: [1, 1, 1, 1], constant: null },
      bias,
      { name: 'out', shape: [1, 1, 1, 1], constant: null },
    ],
    operators: [
      { code: OPERATOR.DEQUANTIZE, options: null, inputs: [1], outputs: [2] },
      {
        code: OPERATOR.CONV_2D,
        options: flatOptions({ 0: VALID, 1: 1, 2: 1 }),
        inputs: [0, 2, 3],
        outputs: [4],
      },
    ],
    inputs: [0],
    outputs: [4],
  });
  assert.deepEqual(await run(file, [5], [1, 1, 1, 1]), [16]);
});

test('an operator that is not known stops the conversion', () => {
  const unknown = { code: 98, inputShape: [1], outputShape: [1] };
  assert.throws(() => modelOf(unknown), /operator 98 is not known/);
});
