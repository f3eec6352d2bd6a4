/** One session's whole story: row, job, refunds, ledger, picture, events, dead letters. */
import { get } from './api.js';
import { card, el, facts, fill, table } from './dom.js';
import { onStep } from './events.js';
import { moment } from './format.js';

export async function showStory(main, id) {
  main.append(el('p', {}, el('a', { href: '#operations' }, '← Operations'), ` · ${id}`));
  const box = el('div', {});
  main.append(box);
  const load = async () => {
    const story = await get(`sessions/${encodeURIComponent(id)}`);
    fill(
      box,
      el(
        'div',
        { className: 'columns wide' },
        rowCard(story),
        el('div', {}, jobCard(story), pictureCard(story)),
      ),
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

const ISO = /^\d{4}-\d{2}-\d{2}T/;

function shown(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return ISO.test(value) ? moment(value) : String(value);
}

/** A name of the database or of the code, as words. */
function words(name) {
  return name.replaceAll('_', ' ').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function named(record) {
  return Object.entries(record).map(([name, value]) => [words(name), shown(value)]);
}

function rowCard({ row }) {
  if (row === null) return card('Row in the database', el('p', {}, 'None.'));
  return card('Row in the database', facts(named(row)));
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
      ...named(rest),
      ['paid calls begun', shown(journal?.providerCalls)],
      ['failures', failures.join(', ') || 'none'],
    ]),
  );
}

function pictureCard({ picture, events = [] }) {
  return card(
    'Picture',
    facts([
      ['path', picture?.path],
      ['stored', shown(picture?.stored)],
    ]),
    el('h3', {}, 'Events'),
    facts([...events.map(({ type, at }) => [words(type), moment(at)])]),
  );
}

function ledgerCard({ ledger = [], reconciliation }) {
  const rows = ledger.map(({ type, amount, description }) => [
    type,
    { number: amount },
    { sentence: description },
  ]);
  return card(
    'Ledger',
    table(
      'Rows of the session',
      ['Type', 'Credits', 'Description'],
      rows,
      'No row is of the session.',
    ),
    reconciliation
      ? el(
          'p',
          { className: 'notice' },
          `Only a person can give this back: ${reconciliation.reason}, ${moment(reconciliation.at)}`,
        )
      : null,
  );
}

function refundCard({ refunds }) {
  const rows = refunds.map(({ state, intent, attemptsStarted, nextAttemptAt }) => [
    state,
    intent.code,
    { number: attemptsStarted },
    moment(intent.completedAt),
    moment(nextAttemptAt),
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
  const rows = deadLetters.map(({ id, reason, at }) => [{ id }, reason, moment(at)]);
  return card(
    'Dead letters',
    table('Dead letters of the session', ['Letter', 'Reason', 'When'], rows, 'None.'),
  );
}
