/** Makes an operator's options as a model file would hold them: a flatbuffer table of whole numbers. */
import { FlatTable } from './flatbuffer.ts';

/** `fields` by their number in the schema; those left out are absent from the table. */
export function flatOptions(fields: Readonly<Record<number, number>>): FlatTable {
  const slots = Math.max(-1, ...Object.keys(fields).map(Number)) + 1;
  const vtableBytes = 4 + 2 * slots;
  const start = Math.ceil(vtableBytes / 4) * 4;
  const view = new DataView(new ArrayBuffer(start + 4 + 4 * slots));
  view.setUint16(0, vtableBytes, true);
  view.setUint16(2, 4 + 4 * slots, true);
  view.setInt32(start, start, true);
  for (const [slot, value] of Object.entries(fields)) {
    const offset = 4 + 4 * Number(slot);
    view.setUint16(4 + 2 * Number(slot), offset, true);
    view.setInt32(start + offset, value, true);
  }
  return new FlatTable(view, start);
}
