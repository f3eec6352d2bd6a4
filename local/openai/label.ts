/**
 * The words "local preview" as a picture of their own, drawn from dots: a machine may have no fonts.
 */

/** Five dots wide, nine high: two rows for letters that go below the line. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  l: ['.##..', '..#..', '..#..', '..#..', '..#..', '..#..', '.###.'],
  o: ['', '', '.###.', '#...#', '#...#', '#...#', '.###.'],
  c: ['', '', '.###.', '#....', '#....', '#...#', '.###.'],
  a: ['', '', '.###.', '....#', '.####', '#...#', '.####'],
  p: ['', '', '####.', '#...#', '#...#', '#...#', '####.', '#....', '#....'],
  r: ['', '', '#.##.', '##..#', '#....', '#....', '#....'],
  e: ['', '', '.###.', '#...#', '#####', '#....', '.###.'],
  v: ['', '', '#...#', '#...#', '#...#', '.#.#.', '..#..'],
  i: ['..#..', '', '.##..', '..#..', '..#..', '..#..', '.###.'],
  w: ['', '', '#...#', '#...#', '#.#.#', '#.#.#', '.#.#.'],
};
const TEXT = 'local preview';
const ADVANCE = 6;
const PADDING = 4;

/** An SVG of about `widthPx`: light words on a dark, half transparent pill. */
export function previewLabel(widthPx: number): Buffer {
  const dots = [...TEXT].flatMap((letter, index) => dotsOf(letter, PADDING + index * ADVANCE));
  const [width, height] = [TEXT.length * ADVANCE - 1 + 2 * PADDING, 9 + 2 * PADDING - 2];
  const scale = widthPx / width;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${Math.round(height * scale)}" viewBox="0 0 ${width} ${height}">` +
      `<rect width="${width}" height="${height}" rx="${height / 2}" fill="#101418" fill-opacity="0.62"/>` +
      `<path fill="#ffffff" d="${dots.join('')}"/></svg>`,
  );
}

function dotsOf(letter: string, left: number): string[] {
  return (LETTERS[letter] ?? []).flatMap((row, y) =>
    [...row].flatMap((dot, x) => (dot === '#' ? [`M${left + x} ${PADDING + y}h1v1h-1z`] : [])),
  );
}
