/**
 * The dead letters, with replay and drop. Their messages are not shown: they hold links and prompts.
 */
import { get, post } from './api.js';
import { el, fill, sessionLink, table } from './dom.js';
import { moment } from './format.js';

/** Returns what fills the card, and fills it again. */
export function showDeadLetters(card) {
  const list = el('div', {});
  const said = el('p', { role: 'status', className: 'quiet' });
  card.append(list, said);

  async function load() {
    const { letters } = await get('dead-letters');
    const rows = letters.map(({ id, at, reason, sessionId, bytes }) => [
      { id },
      moment(at),
      reason,
      sessionId ? sessionLink(sessionId) : '–',
      { number: bytes },
      el('div', { className: 'check' }, button(id, 'Replay', replay), button(id, 'Drop', drop)),
    ]);
    fill(
      list,
      table(
        'Tasks that were rejected, newest first',
        ['Letter', 'When', 'Reason', 'Session', 'Bytes', ''],
        rows,
        'There are no dead letters.',
      ),
    );
  }

  const button = (id, label, act) =>
    el(
      'button',
      { type: 'button', 'aria-label': `${label} ${id}`, onclick: () => attempt(id, act) },
      label,
    );

  async function attempt(id, act) {
    try {
      said.textContent = (await act(id)) ?? '';
    } catch (error) {
      said.textContent = error.message;
    }
    await load();
  }

  return load;
}

async function replay(id) {
  try {
    await post(`dead-letters/${id}/replay`, {});
  } catch (error) {
    if (error.status !== 409 || !confirm(`${error.message} Replay it all the same?`)) throw error;
    await post(`dead-letters/${id}/replay`, { force: true });
  }
  return `${id} is back on the task list.`;
}

async function drop(id) {
  if (!confirm(`Remove dead letter ${id} for good?`)) return null;
  await post(`dead-letters/${id}/drop`, {});
  return `${id} is removed.`;
}
