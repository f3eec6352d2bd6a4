/** What the converter does to a model as a whole: its pictures' bytes, the order of its operators. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { product } from './constants.ts';
import { convertModel } from './convert.ts';
import { flatOptions } from './flat-options.ts';
import { ACTIVATION, type Tensor as ModelTensor, OPERATOR, type TfliteModel } from './tflite.ts';

const SAME = 0;
const VALID = 1;

function picture(name: string, columns: number, channels = 1) {
  return { name, shape: [1, 1, columns, channels], constant: null };
}

async function run(file: Uint8Array, input: Tensor): Promise<number[]> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const { out } = await (await InferenceSession.create(file)).run({ in: input });
  return Array.from((out?.data ?? []) as Float32Array, (value) => Number(value.toFixed(5)));
}

test('a picture may go in as bytes that stand for a range up to 1', async () => {
  const file = convertModel(
    {
      tensors: [picture('in', 3), picture('out', 3)],
      operators: [{ code: OPERATOR.ADD, options: flatOptions({}), inputs: [0, 0], outputs: [1] }],
      inputs: [0],
      outputs: [1],
    },
    { byteInput: { lowest: -1 } },
  );
  const bytes = new Tensor('uint8', Uint8Array.of(0, 51, 255), [1, 1, 3, 1]);
  assert.deepEqual(await run(file, bytes), [-2, -1.2, 2]);
});

test('a picture is convolved before it is enlarged, and clipped after it', async () => {
  const pointwise = flatOptions({ 0: VALID, 1: 1, 2: 1, 3: ACTIVATION.RELU6 });
  const file = convertModel({
    tensors: [
      picture('in', 2, 2),
      { name: 'size', shape: [2], constant: Int32Array.of(1, 4) },
      picture('enlarged', 4, 2),
      { name: 'weights', shape: [1, 1, 1, 2], constant: Float32Array.of(1, 2) },
      { name: 'bias', shape: [1], constant: Float32Array.of(-1) },
      picture('out', 4),
    ],
    operators: [
      { code: OPERATOR.RESIZE_BILINEAR, options: flatOptions({}), inputs: [0, 1], outputs: [2] },
      { code: OPERATOR.CONV_2D, options: pointwise, inputs: [2, 3, 4], outputs: [5] },
    ],
    inputs: [0],
    outputs: [5],
  });
  const nodes = Buffer.from(file).toString('latin1');
  assert.ok(nodes.indexOf('Conv_') < nodes.indexOf('Resize_'));
  // 1 + 2 * 0 - 1 = 0 at the left, 3 + 2 * 3 - 1 = 8 at the right, 4 between.
  const floats = new Tensor('float32', Float32Array.of(1, 0, 3, 3), [1, 1, 2, 2]);
  assert.deepEqual(await run(file, floats), [0, 4, 6, 6]);
});

test('a model may take pictures of any size', async () => {
  const plain = flatOptions({ 0: VALID, 1: 1, 2: 1, 3: 0 });
  const file = convertModel(
    {
      tensors: [
        picture('in', 2),
        { name: 'weights', shape: [1, 1, 1, 1], constant: Float32Array.of(2) },
        { name: 'bias', shape: [1], constant: Float32Array.of(1) },
        picture('convolved', 2),
        { name: 'size', shape: [2], constant: Int32Array.of(1, 4) },
        picture('enlarged', 4),
        { name: 'out', shape: [1, 4, 1], constant: null },
      ],
      operators: [
        { code: OPERATOR.CONV_2D, options: plain, inputs: [0, 1, 2], outputs: [3] },
        { code: OPERATOR.RESIZE_BILINEAR, options: flatOptions({}), inputs: [3, 4], outputs: [5] },
        { code: OPERATOR.RESHAPE, options: null, inputs: [5], outputs: [6] },
      ],
      inputs: [0],
      outputs: [6],
    },
    { anySize: true },
  );
  const own = new Tensor('float32', Float32Array.of(0, 4), [1, 1, 2, 1]);
  assert.deepEqual(await run(file, own), [1, 5, 9, 9]);
  const wider = new Tensor('float32', Float32Array.of(0, 4, 8), [1, 1, 3, 1]);
  assert.deepEqual(await run(file, wider), [1, 5, 9, 13, 17, 17]);
});

test('only enlargements by whole numbers are converted', () => {
  const model = {
    tensors: [picture('in', 2), picture('out', 3)],
    operators: [
      { code: OPERATOR.RESIZE_BILINEAR, options: flatOptions({}), inputs: [0], outputs: [1] },
    ],
    inputs: [0],
    outputs: [1],
  };
  assert.throws(() => convertModel(model), /whole numbers/);
});

/** Numbers that are zero but in the first eight of `channels`, where they do not depend on `channels`. */
function eightChannels(length: number, channels: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => {
    const channel = at % channels;
    return channel < 8 ? Math.sin(8 * Math.floor(at / channels) + channel + 1) : 0;
  });
}

/** A mask's last steps: two windows, a sum, an enlargement, and a window that becomes one channel. */
function maskModel(channels: number): TfliteModel {
  const [rows, columns] = [128, 3];
  const weights = (...shape: number[]): ModelTensor => ({
    name: 'weights',
    shape,
    constant: eightChannels(product(shape), channels),
  });
  const computed = (name: string, enlarged = 1, depth = channels): ModelTensor => ({
    name,
    shape: [1, enlarged * rows, enlarged * columns, depth],
    constant: null,
  });
  const window = weights(1, 3, 3, channels);
  const bias = weights(channels);
  const pointwise = flatOptions({ 0: VALID, 1: 1, 2: 1, 3: 0 });
  const depthwise = flatOptions({ 0: SAME, 1: 1, 2: 1, 3: 1, 4: ACTIVATION.RELU6 });
  return {
    tensors: [
      computed('in'),
      window,
      bias,
      computed('filtered'),
      weights(channels, 1, 1, channels),
      computed('mixed'),
      computed('sum'),
      { name: 'size', shape: [2], constant: Int32Array.of(2 * rows, 2 * columns) },
      computed('enlarged', 2),
      computed('filtered again', 2),
      weights(1, 3, 3, channels),
      { name: 'bias', shape: [1], constant: Float32Array.of(0.5) },
      computed('out', 2, 1),
    ],
    operators: [
      { code: OPERATOR.DEPTHWISE_CONV_2D, options: depthwise, inputs: [0, 1, 2], outputs: [3] },
      { code: OPERATOR.CONV_2D, options: pointwise, inputs: [3, 4, 2], outputs: [5] },
      {
        code: OPERATOR.ADD,
        options: flatOptions({ 0: ACTIVATION.RELU6 }),
        inputs: [0, 5],
        outputs: [6],
      },
      {
        code: OPERATOR.RESIZE_BILINEAR,
        options: flatOptions({ 3: 1 }),
        inputs: [6, 7],
        outputs: [8],
      },
      { code: OPERATOR.DEPTHWISE_CONV_2D, options: depthwise, inputs: [8, 1, 2], outputs: [9] },
      {
        code: OPERATOR.CONV_2D,
        options: flatOptions({ 0: SAME, 1: 1, 2: 1 }),
        inputs: [9, 10, 11],
        outputs: [12],
      },
    ],
    inputs: [0],
    outputs: [12],
  };
}

test('a mask computed in halves is the same mask', async () => {
  const [halved, whole] = [8, 9].map((channels) => {
    const shape = [1, 128, 3, channels];
    const file = convertModel(maskModel(channels));
    return { file, input: new Tensor('float32', eightChannels(product(shape), channels), shape) };
  });
  assert.ok(halved && whole);
  assert.match(Buffer.from(halved.file).toString('latin1'), /Slice_/);
  assert.doesNotMatch(Buffer.from(whole.file).toString('latin1'), /Slice_/);
  const [found, expected] = [
    await run(halved.file, halved.input),
    await run(whole.file, whole.input),
  ];
  assert.equal(found.length, 256 * 6);
  assert.ok(found.every((value, at) => Math.abs(value - (expected[at] ?? 0)) < 1e-4));
});
