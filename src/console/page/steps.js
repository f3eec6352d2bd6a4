/** The steps of one try-on, each with the time since it was ordered. */
import { el, fill } from './dom.js';
import { seconds } from './format.js';

const LABELS = new Map([
  ['queued', 'Queued'],
  ['started', 'Started'],
  ['photos_fetched', 'Photos fetched'],
  ['drawing', 'Drawing'],
  ['checked', 'Checked'],
  ['stored', 'Stored'],
  ['completed', 'Completed'],
]);

/** A list that fills as steps come: `add` takes `{ event, code, delay_ms }` and when it arrived. */
export function stepList() {
  const list = el('ol', { className: 'steps' });
  const said = el('p', { role: 'status', className: 'quiet' });
  let startedAtMs = 0;
  let seen = new Map();
  let note = null;
  let failure = null;

  function draw() {
    const isOver = failure !== null || seen.has('completed');
    // In the order of their coming: a check that is only observed may end after the try-on.
    const rows = [...seen].map(([name, atMs], at) =>
      row(isOver || at < seen.size - 1 ? 'done' : 'now', LABELS.get(name), atMs),
    );
    for (const [name, label] of isOver ? [] : LABELS) {
      if (!seen.has(name)) rows.push(row('ahead', label));
    }
    if (failure !== null) rows.push(row('bad', `Failed: ${failure.code}`, failure.atMs));
    fill(list, rows, note === null ? null : el('li', { className: 'wait' }, note));
  }

  function row(className, label, atMs) {
    const time = atMs === undefined ? '' : seconds(atMs - startedAtMs);
    return el('li', { className }, label, el('span', {}, time));
  }

  return {
    elements: [list, said],
    /** Forgets the steps of the last try-on. */
    clear(text) {
      fill(list);
      said.textContent = text;
    },
    start() {
      startedAtMs = Date.now();
      seen = new Map();
      note = null;
      failure = null;
      said.textContent = 'Ordered.';
      draw();
    },
    /** The clocks of workers may differ from the browser's, so it counts when a step arrived. */
    add({ event, code, delay_ms: delayMs }, atMs = Date.now()) {
      if (event === 'failed') {
        said.textContent = `Failed after ${seconds(atMs - startedAtMs)}.`;
        failure = { code, atMs };
        draw();
        return;
      }
      if (event === 'retried') note = `Tried again in ${seconds(delayMs)}: ${code}`;
      if (event === 'requeued') note = 'The worker stops; another one goes on.';
      const isAgain = event === 'retried' || event === 'requeued';
      if (isAgain) seen = new Map([...seen].filter(([name]) => name === 'queued'));
      if (LABELS.has(event)) seen.set(event, atMs);
      const endedAtMs = seen.get('completed');
      if (endedAtMs !== undefined)
        said.textContent = `Completed after ${seconds(endedAtMs - startedAtMs)}.`;
      else if (LABELS.has(event)) said.textContent = `${LABELS.get(event)}…`;
      draw();
    },
  };
}
