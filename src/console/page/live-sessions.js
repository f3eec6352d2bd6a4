/** The newest sessions with a filter, and the steps of those that move. */
import { get } from './api.js';
import { choice, el, field, fill, notice, sessionLink, table } from './dom.js';
import { onStep } from './events.js';
import { clock, moment, money } from './format.js';

const HOURS = { 1: '1 hour', 24: '24 hours', 168: '7 days', 720: '30 days' };
const MOST_LIVE = 12;
const RELOAD_MS = 2000;

/** Fills the card; returns what ends the live part. */
export async function showLiveSessions(card) {
  const hours = choice(HOURS, '24');
  const store = el('input', { type: 'search', placeholder: 'UUID', size: 36 });
  const failed = el('input', { type: 'checkbox', id: 'only-failed' });
  const live = el('div', {});
  const list = el('div', {});
  card.append(
    el('div', {}, el('h3', {}, 'Moving now'), live),
    el('h3', {}, 'Newest'),
    el(
      'div',
      { className: 'row' },
      field('Since', hours),
      field('Store', store),
      el('div', { className: 'check' }, failed, el('label', { for: 'only-failed' }, 'Only failed')),
    ),
    list,
  );

  async function load() {
    const query = new URLSearchParams({
      hours: hours.value,
      store: store.value.trim(),
      failed: failed.checked ? '1' : '0',
    });
    try {
      const { sessions, most } = await get(`sessions?${query}`);
      const caption =
        sessions.length === most ? `The newest ${most} sessions` : `Sessions: ${sessions.length}`;
      fill(
        list,
        table(
          caption,
          ['Session', 'Status', 'Channel', 'Ordered', 'Cost', 'What the shopper reads'],
          sessions.map(rowOf),
          'None in this time.',
        ),
      );
    } catch (error) {
      fill(list, notice(error.message));
    }
  }

  for (const input of [hours, store, failed]) input.addEventListener('change', load);
  await load();
  return followSteps(live, load);
}

function rowOf({
  id,
  status,
  channel,
  created_at: at,
  estimated_cost_usd: cost,
  error_message: text,
}) {
  const tone = { completed: 'good', failed: 'bad' }[status] ?? 'wait';
  return [
    sessionLink(id),
    el('span', { className: tone }, status),
    channel,
    moment(at),
    { number: cost === null ? '–' : money(cost) },
    { sentence: text },
  ];
}

function followSteps(live, reload) {
  const moving = new Map();
  let timer = null;
  const draw = () =>
    fill(
      live,
      table(
        'The last step of each session, on all replicas',
        ['Session', 'Step', 'Channel', 'At'],
        [...moving.values()]
          .reverse()
          .map(({ session_id: id, event, code, channel, at }) => [
            sessionLink(id),
            code ? `${event}: ${code}` : event,
            channel,
            clock(at),
          ]),
        'No session has moved since this page was opened.',
      ),
    );
  draw();
  const stop = onStep((step) => {
    moving.delete(step.session_id);
    moving.set(step.session_id, step);
    if (moving.size > MOST_LIVE) moving.delete(moving.keys().next().value);
    draw();
    const isEnd = step.event === 'completed' || step.event === 'failed';
    if (isEnd && timer === null) {
      timer = setTimeout(() => {
        timer = null;
        void reload();
      }, RELOAD_MS);
    }
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
