/** Each operator in a graph of its own, run in ONNX Runtime against answers worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { convertModel } from './convert.ts';
import { flatOptions } from './flat-options.ts';
import type { FlatTable } from './flatbuffer.ts';
import type { Tensor } from './tflite.ts';

const ADD = 0;
const CONCATENATION = 2;
const CONV_2D = 3;
const DEPTHWISE_CONV_2D = 4;
const DEPTH_TO_SPACE = 5;
const DEQUANTIZE = 6;
const LOGISTIC = 14;
const MAX_POOL_2D = 17;
const RESHAPE = 22;
const RESIZE_BILINEAR = 23;
const PAD = 34;
const SAME = 0;
const VALID = 1;
const RELU6 = 3;

interface OneOperator {
  readonly code: number;
  readonly options?: FlatTable;
  readonly input: readonly number[];
  readonly inputShape: readonly number[];
  readonly constants?: readonly Tensor[];
  readonly outputShape: readonly number[];
}

/** The output of a model with one input, one operator and its constants. */
async function run(operator: OneOperator): Promise<number[]> {
  const { code, options = null, input, inputShape, constants = [], outputShape } = operator;
  const file = convertModel({
    tensors: [
      { name: 'in', shape: inputShape, constant: null },
      ...constants,
      { name: 'out', shape: outputShape, constant: null },
    ],
    operators: [
      {
        code,
        options,
        inputs: [0, ...constants.map((_, index) => index + 1)],
        outputs: [constants.length + 1],
      },
    ],
    inputs: [0],
    outputs: [constants.length + 1],
  });
  return runFile(file, input, inputShape);
}

async function runFile(
  file: Uint8Array,
  input: readonly number[],
  shape: readonly number[],
): Promise<number[]> {
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

test('a convolution mixes channels, adds its bias and clips at 6', async () => {
  const output = await run({
    code: CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 1, 3: RELU6 }),
    input: [1, 2, 3, 4],
    inputShape: [1, 1, 2, 2],
    constants: [floats([3, 1, 1, 2], [1, 10, -1, 0, 0, 1]), floats([3], [0.5, 0, 0])],
    outputShape: [1, 1, 2, 3],
  });
  assert.deepEqual(output, [6, 0, 2, 6, 0, 4]);
});

test('a convolution without activation keeps negative and large values', async () => {
  const output = await run({
    code: CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 1, 3: 0 }),
    input: [1, 2],
    inputShape: [1, 1, 2, 1],
    constants: [floats([1, 1, 1, 1], [-10]), floats([1], [1])],
    outputShape: [1, 1, 2, 1],
  });
  assert.deepEqual(output, [-9, -19]);
});

test('SAME padding with stride 2 pads an even picture at the end', async () => {
  const output = await run({
    code: CONV_2D,
    options: flatOptions({ 0: SAME, 1: 2, 2: 2 }),
    input: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    inputShape: [1, 4, 4, 1],
    constants: [floats([1, 3, 3, 1], [1, 0, 0, 0, 0, 0, 0, 0, 1]), floats([1], [0])],
    outputShape: [1, 2, 2, 1],
  });
  assert.deepEqual(output, [1 + 11, 3, 9, 11]);
});

test('strides and dilations of height and width are not mixed up', async () => {
  const output = await run({
    code: CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 2, 4: 2, 5: 1 }),
    input: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    inputShape: [1, 3, 4, 1],
    constants: [floats([1, 1, 2, 1], [1, 100]), floats([1], [0])],
    outputShape: [1, 2, 2, 1],
  });
  assert.deepEqual(output, [301, 402, 1109, 1210]);
});

test('a depthwise convolution keeps channels apart', async () => {
  const output = await run({
    code: DEPTHWISE_CONV_2D,
    options: flatOptions({ 0: VALID, 1: 1, 2: 1, 3: 1, 4: 0 }),
    input: [1, 10, 2, 20, 3, 30],
    inputShape: [1, 1, 3, 2],
    constants: [floats([1, 1, 2, 2], [1, 2, 1, -1]), floats([2], [0, 5])],
    outputShape: [1, 1, 2, 2],
  });
  assert.deepEqual(output, [3, 20 - 20 + 5, 5, 40 - 30 + 5]);
});

test('a sum of a value with itself doubles it and obeys the activation', async () => {
  const file = convertModel({
    tensors: [
      { name: 'in', shape: [1, 1, 1, 3], constant: null },
      { name: 'out', shape: [1, 1, 1, 3], constant: null },
    ],
    operators: [{ code: ADD, options: flatOptions({ 0: RELU6 }), inputs: [0, 0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  });
  assert.deepEqual(await runFile(file, [-1, 2, 5], [1, 1, 1, 3]), [0, 4, 6]);
});

test('a concatenation joins along its axis', async () => {
  const file = convertModel({
    tensors: [
      { name: 'in', shape: [1, 2, 1], constant: null },
      { name: 'out', shape: [1, 4, 1], constant: null },
    ],
    operators: [
      { code: CONCATENATION, options: flatOptions({ 0: 1 }), inputs: [0, 0], outputs: [1] },
    ],
    inputs: [0],
    outputs: [1],
  });
  assert.deepEqual(await runFile(file, [7, 8], [1, 2, 1]), [7, 8, 7, 8]);
});

test('depth to space deals channels out by row, column, then channel', async () => {
  const output = await run({
    code: DEPTH_TO_SPACE,
    options: flatOptions({ 0: 2 }),
    input: [1, 2, 3, 4, 5, 6, 7, 8],
    inputShape: [1, 1, 1, 8],
    outputShape: [1, 2, 2, 2],
  });
  assert.deepEqual(output, [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('max pooling takes the largest of each window', async () => {
  const output = await run({
    code: MAX_POOL_2D,
    options: flatOptions({ 0: VALID, 1: 2, 2: 2, 3: 2, 4: 2 }),
    input: [1, 5, 2, 0, 3, 4, 8, -1],
    inputShape: [1, 2, 4, 1],
    outputShape: [1, 1, 2, 1],
  });
  assert.deepEqual(output, [5, 8]);
});

test('a logistic is the sigmoid', async () => {
  const output = await run({
    code: LOGISTIC,
    input: [0, 100],
    inputShape: [1, 2],
    outputShape: [1, 2],
  });
  assert.deepEqual(output, [0.5, 1]);
});

test('a reshape counts pixels with their channels together', async () => {
  const output = await run({
    code: RESHAPE,
    input: [1, 2, 3, 4, 5, 6],
    inputShape: [1, 1, 3, 2],
    constants: [integers([1, 3, 2])],
    outputShape: [1, 3, 2],
  });
  assert.deepEqual(output, [1, 2, 3, 4, 5, 6]);
});

const RESIZE = {
  input: [0, 4],
  inputShape: [1, 1, 2, 1],
  constants: [integers([1, 4])],
  outputShape: [1, 1, 4, 1],
};

test('a bilinear resize follows half-pixel centres where the model does', async () => {
  const options = flatOptions({ 3: 1 });
  assert.deepEqual(await run({ code: RESIZE_BILINEAR, options, ...RESIZE }), [0, 1, 3, 4]);
});

test('a bilinear resize aligns corners where the model asks for it', async () => {
  const options = flatOptions({ 2: 1 });
  assert.deepEqual(
    await run({ code: RESIZE_BILINEAR, options, ...RESIZE }),
    [0, 1.33333, 2.66667, 4],
  );
});

test('a bilinear resize without either starts at the corner', async () => {
  const options = flatOptions({});
  assert.deepEqual(await run({ code: RESIZE_BILINEAR, options, ...RESIZE }), [0, 2, 4, 4]);
});

test('padding adds zeros before and after each axis, channels too', async () => {
  const output = await run({
    code: PAD,
    input: [1, 2],
    inputShape: [1, 1, 2, 1],
    constants: [integers([0, 0, 0, 0, 1, 0, 0, 1])],
    outputShape: [1, 1, 3, 2],
  });
  assert.deepEqual(output, [0, 0, 1, 0, 2, 0]);
});

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
      { code: DEQUANTIZE, options: null, inputs: [1], outputs: [2] },
      {
        code: CONV_2D,
        options: flatOptions({ 0: VALID, 1: 1, 2: 1 }),
        inputs: [0, 2, 3],
        outputs: [4],
      },
    ],
    inputs: [0],
    outputs: [4],
  });
  assert.deepEqual(await runFile(file, [5], [1, 1, 1, 1]), [16]);
});

test('an operator that is not known stops the conversion', async () => {
  const unknown = { code: 98, input: [1], inputShape: [1], outputShape: [1] };
  await assert.rejects(run(unknown), /operator 98 is not known/);
});
