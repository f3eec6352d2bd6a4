/** Constants that a model unpacks before it uses them: DEQUANTIZE and DENSIFY. */
import { OPERATOR, type TfliteModel } from './tflite.ts';

const UNPACKING: readonly number[] = [OPERATOR.DEQUANTIZE, OPERATOR.DENSIFY];

/** The model without these operators: constants are read as dense fp32 already. */
export function foldConstants(model: TfliteModel): TfliteModel {
  const tensors = [...model.tensors];
  const operators = model.operators.filter(({ code, inputs: [from = -1], outputs: [to = -1] }) => {
    const [packed, unpacked] = [tensors[from], tensors[to]];
    if (!UNPACKING.includes(code) || !packed?.constant || !unpacked) return true;
    tensors[to] = { ...unpacked, constant: packed.constant };
    return false;
  });
  return { ...model, tensors, operators };
}
