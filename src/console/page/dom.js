/** Elements as values: `el('p', { className: 'x' }, 'text', child)`. Text is never read as HTML. */
import { shortId } from './format.js';

/** Makes an element. Attributes with a dash or `for` are set as attributes, `on…` are listeners. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.includes('-') || name === 'for' || name === 'role' || name === 'scope')
      element.setAttribute(name, value);
    else element[name] = value;
  }
  append(element, children);
  return element;
}

/**
 * Replaces what is in the element. The focus stays where it was, on what has taken its place, and so
 * does a table's position: pages are filled again while someone uses them.
 */
export function fill(element, ...children) {
  const focused = element.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  const top = element.querySelector('.scroll')?.scrollTop ?? 0;
  element.replaceChildren();
  append(element, children);
  if (focused !== null) {
    const candidates = [...element.querySelectorAll('a, button, [tabindex]')];
    candidates.find((candidate) => keyOf(candidate) === focused)?.focus({ preventScroll: true });
  }
  if (top > 0) element.querySelector('.scroll')?.scrollTo({ top });
  return element;
}

function keyOf(element) {
  return element.getAttribute('aria-label') ?? element.textContent;
}

function append(element, children) {
  for (const child of children.flat(2)) {
    if (child !== null && child !== undefined) element.append(child);
  }
}

/** Names and values. */
export function facts(pairs) {
  return el(
    'dl',
    {},
    pairs.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value ?? '–')]),
  );
}

/** A table that scrolls by itself; cells are short texts, elements, `{ number }`, `{ id }` or `{ sentence }`. */
export function table(caption, headings, rows, nothing) {
  if (rows.length === 0) return el('p', { className: 'quiet' }, nothing);
  const isNumber = (at) => typeof rows[0][at] === 'object' && 'number' in (rows[0][at] ?? {});
  const head = headings.map((text, at) =>
    el('th', { scope: 'col', className: isNumber(at) ? 'number' : '' }, text),
  );
  const body = rows.map((cells) => el('tr', {}, cells.map(cellOf)));
  return el(
    'div',
    { className: 'scroll', role: 'region', tabIndex: 0, 'aria-label': caption },
    el(
      'table',
      {},
      el('caption', {}, caption),
      el('thead', {}, el('tr', {}, head)),
      el('tbody', {}, body),
    ),
  );
}

function cellOf(cell) {
  if (cell instanceof Node) return el('td', {}, cell);
  if (typeof cell === 'object' && cell !== null && 'number' in cell)
    return el('td', { className: 'number' }, String(cell.number ?? '–'));
  if (typeof cell === 'object' && cell !== null && 'id' in cell)
    return el('td', { className: 'id' }, cell.id ?? '–');
  if (typeof cell === 'object' && cell !== null && 'sentence' in cell)
    return el('td', { className: 'sentence' }, cell.sentence ?? '–');
  return el('td', {}, cell === null || cell === undefined ? '–' : String(cell));
}

/** A field with its label and, perhaps, a note behind it. */
export function field(label, input, note = null) {
  const id = `field-${label.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  input.id = id;
  const more = note === null ? null : el('span', { className: 'optional' }, ` ${note}`);
  return el('div', {}, el('label', { for: id }, label, more), input);
}

/** A select; `labels` are the texts by value. */
export function choice(labels, chosen) {
  return el(
    'select',
    {},
    Object.entries(labels).map(([value, label]) =>
      el('option', { value, selected: value === chosen }, label),
    ),
  );
}

/** A link to the page of one session. */
export function sessionLink(id) {
  return el('a', { href: `#session/${id}`, title: id }, shortId(id));
}

/** What went wrong, or what needs attention; screen readers say it at once. */
export function notice(...children) {
  return el('div', { className: 'notice', role: 'alert' }, ...children);
}

/** A card with a heading. */
export function card(heading, ...children) {
  return el('section', { className: 'card' }, el('h2', {}, heading), ...children);
}
