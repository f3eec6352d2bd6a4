/**
 * Writes protocol buffers, the container of .onnx files: a message is a list of fields, each the
 * bytes of its tag and value. Encoding: https://protobuf.dev/programming-guides/encoding
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** A message from its fields. */
export function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

export function integer(field: number, value: number): Uint8Array {
  return Buffer.from([...varint(field * 8 + VARINT), ...varint(value)]);
}

/** Text, bytes or an embedded message. */
export function bytes(field: number, value: string | Uint8Array): Uint8Array {
  const content = Buffer.from(value);
  const head = [...varint(field * 8 + LENGTH_DELIMITED), ...varint(content.byteLength)];
  return Buffer.concat([Buffer.from(head), content]);
}

/** Base 128, low groups first; negative numbers as 64-bit two's complement. */
function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const groups: number[] = [];
  do {
    const group = Number(rest & 0x7fn);
    rest >>= 7n;
    groups.push(rest === 0n ? group : group | 0x80);
  } while (rest !== 0n);
  return groups;
}
