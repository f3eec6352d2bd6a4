/** Bodies for `/estimate-body`, near its limit of 16 KiB, whose faults fill an answer. */

const MANY_KEYS = Object.fromEntries(Array.from({ length: 1_900 }, (_, n) => [n.toString(36), 1]));

export const OVERSIZED: readonly string[] = [
  JSON.stringify(MANY_KEYS),
  JSON.stringify({ ['k'.repeat(16_000)]: 1 }),
  JSON.stringify(Object.fromEntries([...'0123456789abcdef'].map((k) => [k.repeat(1_000), 1]))),
  JSON.stringify({ image_url: '"'.repeat(8_000), height_cm: '"'.repeat(150) }),
  JSON.stringify({ image_url: ['"'.repeat(4_000)], height_cm: {}, sex: 'x'.repeat(7_000) }),
  JSON.stringify('\u2028'.repeat(5_000)),
];
