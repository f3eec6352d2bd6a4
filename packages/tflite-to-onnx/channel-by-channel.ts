/**
 * ONNX Runtime computes the outputs of a convolution in blocks of 8 or 16 channels: of one to a single
 * channel most would be thrown away. So the products of each channel come first, and then their sum.
 */
import { flatOptions } from './flat-options.ts';
import { OPERATOR, type Operator, rewritten, type TfliteModel } from './tflite.ts';

/** The model with every convolution of several channels to one in two steps. */
export function channelByChannel(model: TfliteModel): TfliteModel {
  return rewritten(model, (operator, add) => {
    const [image = -1, weights = -1, bias = -1] = operator.inputs;
    const { shape, constant } = model.tensors[weights] ?? { shape: [], constant: null };
    const [filters, height = 1, width = 1, channels = 1] = shape;
    if (operator.code !== OPERATOR.CONV_2D || filters !== 1 || channels === 1) return [operator];
    const option = (field: number) => operator.options?.int32(field, 1) ?? 1;
    const size = model.tensors[operator.outputs[0] ?? -1]?.shape.slice(0, 3) ?? [];
    const products = add([...size, channels]);
    const multiply: Operator = {
      code: OPERATOR.DEPTHWISE_CONV_2D,
      inputs: [
        image,
        add([1, height, width, channels], constant),
        add([channels], new Float32Array(channels)),
      ],
      outputs: [products],
      options: flatOptions({
        0: operator.options?.int8(0) ?? 0,
        1: option(1),
        2: option(2),
        3: 1,
        4: 0,
        5: option(4),
        6: option(5),
      }),
    };
    const ones = add([1, 1, 1, channels], new Float32Array(channels).fill(1));
    const sum: Operator = {
      ...operator,
      inputs: [products, ones, bias],
      options: flatOptions({ 0: 1, 1: 1, 2: 1, 3: operator.options?.int8(3) ?? 0 }),
    };
    return [multiply, sum];
  });
}
