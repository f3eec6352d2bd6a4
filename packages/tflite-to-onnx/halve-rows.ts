/**
 * With AVX-512, ONNX Runtime computes in blocks of 16 channels: of a large picture with 8, half of each
 * block is thrown away. So the upper and the lower half of its rows become 16 channels.
 */
import { flatOptions } from './flat-options.ts';
import {
  type AddTensor,
  OPERATOR,
  type Operator,
  rewritten,
  type Tensor,
  type TfliteModel,
} from './tflite.ts';

const CHANNELS = 8;
/** Smaller pictures are not worth it. */
const LEAST_ROWS = 128;

/** The model whose last picture is computed in halves, from the first large one of few channels on. */
export function halveRows(model: TfliteModel): TfliteModel {
  const first = model.operators.findIndex(({ code, inputs }) => {
    const { rows, channels } = sizeOf(model, inputs[0]);
    return code === OPERATOR.DEPTHWISE_CONV_2D && channels === CHANNELS && rows >= LEAST_ROWS;
  });
  if (first < 0) return model;
  const rest = model.operators.slice(first);
  const last = first + rest.findIndex(({ outputs: [value = -1] }) => model.outputs.includes(value));
  const halves = new Halves(model, model.operators.slice(first, last + 1));
  return rewritten(model, (operator, add, index) => {
    if (index < first || index > last) return [operator];
    return [
      ...(index === first ? halves.cut(operator.inputs[0] ?? -1, add) : []),
      halves.operator(operator, add),
      ...(index === last ? halves.join(operator.outputs[0] ?? -1, add) : []),
    ];
  });
}

/** The pictures of some operators, as their halves. */
class Halves {
  readonly #model: TfliteModel;
  /** The share of its rows that each half has of the other one. */
  readonly #overlap: number;
  /** By the whole picture. */
  readonly #indices = new Map<number, number>();

  constructor(model: TfliteModel, operators: readonly Operator[]) {
    this.#model = model;
    const { rows } = sizeOf(model, operators[0]?.inputs[0]);
    const reach = operators.reduce((sum, operator) => sum + reachOf(model, operator), 0);
    this.#overlap = Math.ceil(reach * rows) / rows;
  }

  /** Cuts a picture; the convolution, which changes nothing, brings it into ONNX Runtime's layout. */
  cut(picture: number, add: AddTensor): Operator[] {
    const { rows, columns, channels } = sizeOf(this.#model, picture);
    const shape = [1, rows * (1 / 2 + this.#overlap), columns, channels];
    const lower = rows * (1 / 2 - this.#overlap);
    const parts = [0, lower].map((top) => slice(picture, [0, top, 0, 0], shape, add));
    const joined = add(shape.with(3, 2 * channels));
    const ones = add([1, 1, 1, 2 * channels], new Float32Array(2 * channels).fill(1));
    const none = add([2 * channels], new Float32Array(2 * channels));
    return [
      ...parts,
      concatenation(parts, 3, joined),
      {
        code: OPERATOR.DEPTHWISE_CONV_2D,
        inputs: [joined, ones, none],
        outputs: [this.#halved(picture, add)],
        options: flatOptions({ 3: 1, 5: 1, 6: 1 }),
      },
    ];
  }

  /** Weights twice, pictures as their halves. */
  operator(operator: Operator, add: AddTensor): Operator {
    const inputs = operator.inputs.map((index) => {
      const tensor = this.#model.tensors[index];
      const constant = tensor?.constant;
      if (tensor === undefined || !constant) return this.#halved(index, add);
      if (operator.code === OPERATOR.RESIZE_BILINEAR) return index;
      const isMatrix = operator.code === OPERATOR.CONV_2D && tensor.shape.length === 4;
      return isMatrix ? blockDiagonal(tensor, add) : twice(tensor, add);
    });
    return { ...operator, inputs, outputs: operator.outputs.map((o) => this.#halved(o, add)) };
  }

  /** The whole picture again, without what its halves overlap. */
  join(picture: number, add: AddTensor): Operator[] {
    const { rows, columns, channels } = sizeOf(this.#model, picture);
    const starts = [
      [0, 0, 0, 0],
      [0, rows * this.#overlap, 0, channels],
    ];
    const halved = this.#halved(picture, add);
    const parts = starts.map((start) =>
      slice(halved, start, [1, rows / 2, columns, channels], add),
    );
    return [...parts, concatenation(parts, 1, picture)];
  }

  #halved(picture: number, add: AddTensor): number {
    const known = this.#indices.get(picture);
    if (known !== undefined) return known;
    const { rows, columns, channels } = sizeOf(this.#model, picture);
    const index = add([1, rows * (1 / 2 + this.#overlap), columns, 2 * channels]);
    this.#indices.set(picture, index);
    return index;
  }
}

/** How far an operator's results depend on other rows, as a share of the picture. */
function reachOf(model: TfliteModel, { code, inputs, outputs, options }: Operator): number {
  const [before, after] = [sizeOf(model, inputs[0]), sizeOf(model, outputs[0])];
  const [, height = 1, width = 1] = model.tensors[inputs[1] ?? -1]?.shape ?? [];
  const alignsCorners = options?.int8(2) === 1;
  if (code === OPERATOR.ADD) return 0;
  if (code === OPERATOR.RESIZE_BILINEAR && !alignsCorners) return 1 / after.rows;
  if (code === OPERATOR.CONV_2D && height === 1 && width === 1 && before.rows === after.rows)
    return 0;
  if (
    code === OPERATOR.DEPTHWISE_CONV_2D &&
    options?.int32(6, 1) === 1 &&
    before.rows === after.rows
  )
    return (height - 1) / 2 / after.rows;
  throw new Error(`operator ${code} cannot be computed in halves`);
}

function slice(
  picture: number,
  start: readonly number[],
  shape: readonly number[],
  add: AddTensor,
): Operator {
  const [from, size] = [start, shape].map((numbers) => add([4], Int32Array.from(numbers)));
  return {
    code: OPERATOR.SLICE,
    inputs: [picture, from ?? -1, size ?? -1],
    outputs: [add(shape)],
    options: null,
  };
}

function concatenation(parts: readonly Operator[], axis: number, output: number): Operator {
  const inputs = parts.flatMap(({ outputs }) => outputs);
  return {
    code: OPERATOR.CONCATENATION,
    inputs,
    outputs: [output],
    options: flatOptions({ 0: axis }),
  };
}

/** Each channel's numbers for both of its halves; channels are the last axis. */
function twice({ shape, constant }: Tensor, add: AddTensor): number {
  const channels = shape.at(-1) ?? 0;
  const values = Float32Array.from({ length: 2 * (constant?.length ?? 0) }, (_, at) => {
    const pixel = Math.floor(at / (2 * channels));
    return constant?.[pixel * channels + (at % channels)] ?? 0;
  });
  return add(shape.with(-1, 2 * channels), values);
}

/** Weights O,1,1,I for both halves, which do not mix. */
function blockDiagonal({ shape, constant }: Tensor, add: AddTensor): number {
  const [filters = 0, , , channels = 0] = shape;
  const values = new Float32Array(4 * filters * channels);
  for (let filter = 0; filter < 2 * filters; filter += 1) {
    const from = (filter % filters) * channels;
    const to = 2 * filter * channels + (filter < filters ? 0 : channels);
    values.set(constant?.slice(from, from + channels) ?? [], to);
  }
  return add([2 * filters, 1, 1, 2 * channels], values);
}

function sizeOf({ tensors }: TfliteModel, index = -1) {
  const [, rows = 0, columns = 0, channels = 0] = tensors[index]?.shape ?? [];
  return { rows, columns, channels };
}
