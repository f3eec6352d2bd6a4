/** The steps of one try-on, with the time that each took. */
import { el, fill } from './dom.js';
import { seconds } from './format.js';

const STEPS = [
  ['queued', 'Queued'],
  ['started', 'Started'],
  ['photos_fetched', 'Photos fetched'],
  ['drawing', 'Drawing'],
  ['checked', 'Checked'],
  ['stored', 'Stored'],
  ['completed', 'Completed'],
];
/** Steps that a try-on may do without. */
const OPTIONAL = ['checked', 'stored'];

/** A list that fills as steps come: `add` takes `{ event, at, code, delay_ms }`. */
export function stepList() {
  const list = el('ol', { className: 'steps' });
  const said = el('p', { role: 'status', className: 'quiet' }, 'Nothing is under way.');
  let startedAtMs = 0;
  let seen = new Map();
  let note = null;

  function draw(end) {
    const names = STEPS.map(([name]) => name);
    const last = names.findLastIndex((name) => seen.has(name));
    const rows = STEPS.filter(
      ([name]) => seen.has(name) || !(OPTIONAL.includes(name) && seen.has('completed')),
    ).map(([name, label]) => {
      const at = seen.get(name);
      const isNow = names.indexOf(name) === last && !seen.has('completed') && !end;
      const state = at === undefined ? 'ahead' : isNow ? 'now' : 'done';
      const time = at === undefined ? '' : seconds(Math.max(0, at - startedAtMs));
      return el('li', { className: state }, `${label}`, el('span', {}, time));
    });
    if (end)
      rows.push(
        el(
          'li',
          { className: 'bad' },
          `Failed: ${end.code}`,
          el('span', {}, seconds(end.at - startedAtMs)),
        ),
      );
    fill(list, rows, note === null ? null : el('li', { className: 'wait' }, note));
  }

  return {
    elements: [list, said],
    start() {
      startedAtMs = Date.now();
      seen = new Map();
      note = null;
      said.textContent = 'Ordered.';
      draw();
    },
    add({ event, at, code, delay_ms: delayMs }) {
      const atMs = Date.parse(at);
      if (event === 'failed') {
        said.textContent = `Failed: ${code}`;
        draw({ code, at: atMs });
        return;
      }
      if (event === 'retried') note = `Tried again in ${seconds(delayMs)}: ${code}`;
      if (event === 'requeued') note = 'The worker stops; another one goes on.';
      const step = STEPS.find(([name]) => name === event);
      if (step) {
        seen.set(event, atMs);
        said.textContent = `${step[1]}.`;
      }
      draw();
    },
  };
}
