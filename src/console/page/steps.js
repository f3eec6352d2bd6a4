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
  let progress = null;

  function show(next) {
    progress = next;
    fill(list, rowsOf(progress));
    said.textContent = progress.said;
  }

  return {
    elements: [list, said],
    /** Forgets the steps of the last try-on. */
    clear(text) {
      fill(list);
      said.textContent = text;
    },
    start() {
      const seen = new Map();
      show({ startedAtMs: Date.now(), seen, note: null, failure: null, said: 'Ordered.' });
    },
    /** The clocks of workers may differ from the browser's, so it counts when a step arrived. */
    add: (step, atMs = Date.now()) => show(withStep(progress, step, atMs)),
  };
}

function withStep(progress, { event, code, delay_ms: delayMs }, atMs) {
  const after = seconds(atMs - progress.startedAtMs);
  if (event === 'failed')
    return { ...progress, failure: { code, atMs }, said: `Failed after ${after}.` };
  if (event === 'retried')
    return { ...begunAgain(progress), note: `Tried again in ${seconds(delayMs)}: ${code}` };
  if (event === 'requeued')
    return { ...begunAgain(progress), note: 'The worker stops; another one goes on.' };
  if (!LABELS.has(event)) return progress;
  const next = { ...progress, seen: new Map(progress.seen).set(event, atMs) };
  if (event === 'completed') return { ...next, said: `Completed after ${after}.` };
  // A check that is only observed may end after the try-on.
  return isOver(progress) ? next : { ...next, said: `${LABELS.get(event)}…` };
}

function isOver({ failure, seen }) {
  return failure !== null || seen.has('completed');
}

function begunAgain(progress) {
  return { ...progress, seen: new Map([...progress.seen].filter(([name]) => name === 'queued')) };
}

function rowsOf(progress) {
  const { startedAtMs, seen, note, failure } = progress;
  const row = (className, label, atMs) => {
    const time = atMs === undefined ? '' : seconds(atMs - startedAtMs);
    return el('li', { className }, label, el('span', {}, time));
  };
  const rows = [...seen].map(([name, atMs], at) =>
    row(isOver(progress) || at < seen.size - 1 ? 'done' : 'now', LABELS.get(name), atMs),
  );
  for (const [name, label] of isOver(progress) ? [] : LABELS) {
    if (!seen.has(name)) rows.push(row('ahead', label));
  }
  if (failure !== null) rows.push(row('bad', `Failed: ${failure.code}`, failure.atMs));
  if (note !== null) rows.push(el('li', { className: 'wait' }, note));
  return rows;
}
