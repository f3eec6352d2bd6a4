/** One session's whole story: row, job, refunds, ledger, picture, events, dead letters. */
import { get } from './api.js';
import { card, el, facts, table } from './dom.js';
import { onStep } from './events.js';
import { ago } from './format.js';

export async function showStory(main, id) {
  main.append(el('p', {}, el('a', { href: '#operations' }, '← Operations'), ` · ${id}`));
  const box = el('div', {});
  main.append(box);
  const load = async () => {
    const story = await get(`sessions/${encodeURIComponent(id)}`);
    box.replaceChildren(
      el('div', { className: 'columns' }, rowCard(story), jobCard(story), pictureCard(story)),
      ledgerCard(story),
      refundCard(story),
      lettersCard(story),
    );
  };
  await load();
  return onStep(({ session_id: moved }) => {
    if (moved === id) void load();
  });
}

function shown(value) {
  return value === null || value === undefined ? '–' : String(value);
}

function rowCard({ row }) {
  if (row === null) return card('Row', el('p', {}, 'None.'));
  return card('Row', facts(Object.entries(row).map(([name, value]) => [name, shown(value)])));
}

function jobCard({ job, onList }) {
  if (!job)
    return card(
      'Job',
      el('p', {}, onList ? 'None yet: the task is on the list.' : 'None any more.'),
    );
  const { journal, ...rest } = job;
  const failures = Object.entries(journal?.failures ?? {}).map(([code, n]) => `${code} ×${n}`);
  return card(
    'Job',
    facts([
      ...Object.entries(rest).map(([name, value]) => [name, shown(value)]),
      ['paid calls begun', shown(journal?.providerCalls)],
      ['failures', failures.join(', ') || 'none'],
    ]),
  );
}

function pictureCard({ picture, events = [] }) {
  return card(
    'Picture and events',
    facts([
      ['Path', picture?.path],
      ['Stored', picture ? (picture.stored ? 'yes' : 'no') : '–'],
      ...events.map(({ type, at }) => [type, new Date(at).toLocaleString()]),
    ]),
  );
}

function ledgerCard({ ledger = [], reconciliation }) {
  const rows = ledger.map(({ type, amount, description }) => [
    type,
    { number: amount },
    description,
  ]);
  return card(
    'Ledger',
    table(
      'Rows that name the session',
      ['Type', 'Credits', 'Description'],
      rows,
      'No row names the session.',
    ),
    reconciliation
      ? el(
          'p',
          { className: 'notice' },
          `Only a person can give this back: ${reconciliation.reason}, ${ago(reconciliation.at)}`,
        )
      : null,
  );
}

function refundCard({ refunds }) {
  const rows = refunds.map(({ state, intent, attemptsStarted, nextAttemptAt }) => [
    state,
    intent.code,
    { number: attemptsStarted },
    ago(intent.completedAt),
    nextAttemptAt,
  ]);
  return card(
    'Refund jobs',
    table(
      'Refunds not booked yet',
      ['State', 'Code', 'Attempts', 'Since', 'Next attempt'],
      rows,
      'None.',
    ),
  );
}

function lettersCard({ deadLetters }) {
  const rows = deadLetters.map(({ id, reason, at }) => [{ id }, reason, ago(at)]);
  return card(
    'Dead letters',
    table('Dead letters of the session', ['Letter', 'Reason', 'When'], rows, 'None.'),
  );
}
