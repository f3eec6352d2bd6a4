/**
 * Columns of text, and text that is safe to print.
 */

/** Control characters but tab and line feed, and the marks that reverse text (Unicode TR 36). */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * The text with every character that a terminal would obey written as its JSON escape, so that a
 * row, a task or a dead letter cannot move the cursor or retitle the window. JSON stays JSON.
 */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

type Cell = string | number | boolean | null | undefined;

/** Rows below their headings, in columns as wide as their widest cell; `nothing` where there is no row. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  nothing: string,
): string {
  if (rows.length === 0) return nothing;
  return columns([headings, ...rows]);
}

/** Names and values, one pair a line. */
export function pairs(fields: Readonly<Record<string, Cell>>): string {
  return columns(Object.entries(fields));
}

function columns(rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) =>
    row.map((cell) => printable(String(cell ?? '–')).replace(/[\t\n]+/g, ' ')),
  );
  const widths = texts[0]?.map((_, column) =>
    Math.max(...texts.map((row) => row[column]?.length ?? 0)),
  );
  return texts
    .map((row) => row.map((text, column) => text.padEnd(widths?.[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `1 webhook`, `2 webhooks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `3 d 4 h`, `12 min`, `7 s`: two units at the most. */
export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const whole = Math.max(0, Math.round(seconds));
  const first = units.findIndex(([, size]) => whole >= size);
  if (first === -1) return '0 s';
  let rest = whole;
  return units
    .slice(first, first + 2)
    .map(([unit, size]) => {
      const count = Math.floor(rest / size);
      rest %= size;
      return count > 0 ? `${count} ${unit}` : '';
    })
    .filter((part) => part !== '')
    .join(' ');
}

/** How long ago, e.g. `12 min ago`. */
export function ago(at: string | Date | null): string {
  return at === null ? '–' : `${duration((Date.now() - new Date(at).getTime()) / 1000)} ago`;
}
