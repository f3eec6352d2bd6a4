/** Constants of a model as the converter wants them: dense, fp32, in the order of axes that ONNX uses. */

/** One level of a sparse tensor: dense (all `size` positions) or compressed (segments and indices). */
export interface LevelOfSparsity {
  readonly size: number;
  readonly segments: readonly number[] | null;
  readonly indices: readonly number[] | null;
}

/** IEEE half precision to single precision; exact. */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/**
 * Fills in the zeros of a sparse tensor. `levels[i]` describes axis `order[i]` of `shape`; the
 * stored values come in the order of the levels.
 */
export function densify(
  stored: Float32Array | Int32Array,
  shape: readonly number[],
  order: readonly number[],
  levels: readonly LevelOfSparsity[],
): Float32Array {
  const dense = new Float32Array(product(shape));
  const strides = stridesOf(shape);
  const walk = (depth: number, row: number, offset: number): void => {
    const level = levels[depth];
    if (level === undefined) {
      dense[offset] = stored[row] ?? 0;
      return;
    }
    const stride = strides[order[depth] ?? 0] ?? 0;
    for (const [position, next] of positionsOf(level, row)) {
      walk(depth + 1, next, offset + position * stride);
    }
  };
  walk(0, 0, 0);
  return dense;
}

/** Pairs of the position along the axis and the row of the next level. */
function positionsOf(level: LevelOfSparsity, row: number): [number, number][] {
  if (level.segments === null || level.indices === null) {
    return Array.from({ length: level.size }, (_, index) => [index, row * level.size + index]);
  }
  const first = level.segments[row] ?? 0;
  const last = level.segments[row + 1] ?? first;
  return level.indices.slice(first, last).map((position, index) => [position, first + index]);
}

/** The values with their axes in the order `axes`, and the shape they then have. */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): { values: Float32Array; shape: number[] } {
  const strides = stridesOf(shape);
  const newShape = axes.map((axis) => shape[axis] ?? 0);
  const permuted = new Float32Array(values.length);
  let next = 0;
  const walk = (depth: number, source: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      permuted[next] = values[source] ?? 0;
      next += 1;
      return;
    }
    for (let i = 0; i < (shape[axis] ?? 0); i += 1)
      walk(depth + 1, source + i * (strides[axis] ?? 0));
  };
  walk(0, 0);
  return { values: permuted, shape: newShape };
}

export function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => product(shape.slice(axis + 1)));
}
