/** The webhooks about ended sessions: on their way, delivered or not, and sent again. */
import { get, post } from './api.js';
import { card, choice, el, facts, field, fill, notice, sessionLink, table } from './dom.js';
import { moment, shortId } from './format.js';

const STATES = {
  open: 'Pending and undelivered',
  pending: 'Pending',
  undelivered: 'Undelivered',
  delivered: 'Delivered',
};
const TONES = { delivered: 'good', undelivered: 'bad', pending: 'wait' };

export async function showWebhooks(main) {
  const state = choice(STATES, 'open');
  const endpoint = el('input', { type: 'search', placeholder: 'platform, or a UUID', size: 36 });
  const counts = el('div', {});
  const list = el('div', {});
  const said = el('p', { role: 'status', className: 'quiet' });
  const all = el(
    'button',
    { type: 'button', onclick: () => attempt(() => sendAll(endpointOf(endpoint))) },
    'Send all undelivered again',
  );
  main.append(
    el('p', {}, 'Messages to servers about ended try-ons. Addresses and secrets are not shown.'),
    card('State', counts),
    card(
      'Deliveries',
      el(
        'div',
        { className: 'row' },
        field('Which', state),
        field('Endpoint: the platform or a store', endpoint),
        all,
      ),
      said,
      list,
    ),
  );

  async function load() {
    const query = new URLSearchParams({ state: state.value, endpoint: endpoint.value.trim() });
    try {
      const found = await get(`webhooks?${query}`);
      all.disabled = found.counts.undelivered === 0;
      fill(counts, countsOf(found));
      fill(list, tableOf(found, attempt));
    } catch (error) {
      fill(list, notice(error.message));
    }
  }

  async function attempt(act) {
    try {
      const sent = await act();
      if (sent !== null) said.textContent = sentence(sent);
    } catch (error) {
      said.textContent = error.message;
    }
    await load();
  }

  for (const input of [state, endpoint]) input.addEventListener('change', load);
  await load();
}

function countsOf({ endpoints, counts }) {
  return [
    endpoints === 0
      ? el(
          'p',
          { className: 'wait' },
          'Webhooks are off: set WEBHOOK_URL and WEBHOOK_SECRET, or WEBHOOKS_FILE.',
        )
      : null,
    facts([
      ['Endpoints', endpoints === null ? 'not readable: see wearon doctor' : String(endpoints)],
      ['Pending', String(counts.pending)],
      ['Undelivered', String(counts.undelivered)],
      ['Delivered', String(counts.delivered)],
    ]),
  ];
}

function tableOf({ webhooks, most }, attempt) {
  const caption =
    webhooks.length === most ? `The newest ${most} webhooks` : `Webhooks: ${webhooks.length}`;
  const headings = [
    'Session',
    'Endpoint',
    'State',
    'Since',
    'Tries',
    'Last answer',
    'Next try',
    '',
  ];
  const rows = webhooks.map((webhook) => rowOf(webhook, attempt));
  return table(caption, headings, rows, 'No webhook has this state.');
}

function rowOf({ sessionId, endpoint, state, since, tries, last, nextTryAt }, attempt) {
  const again = el(
    'button',
    {
      type: 'button',
      'aria-label': `Redeliver ${sessionId} to ${endpoint}`,
      onclick: () => attempt(() => send(sessionId, endpoint)),
    },
    'Redeliver',
  );
  return [
    sessionLink(sessionId),
    endpoint === 'platform' ? endpoint : el('span', { title: endpoint }, shortId(endpoint)),
    el('span', { className: TONES[state] }, state),
    moment(since),
    { number: tries },
    last === null ? '–' : [last.problem ?? 'delivered', last.status].filter(Boolean).join(' '),
    moment(nextTryAt),
    again,
  ];
}

async function send(sessionId, endpoint) {
  return (await post(`webhooks/${sessionId}/redeliver`, { endpoint })).redelivered;
}

async function sendAll(endpoint) {
  const where = endpoint === undefined ? 'every endpoint' : endpoint;
  if (!confirm(`Send all undelivered webhooks to ${where} again?`)) return null;
  return (await post('webhooks/redeliver', { endpoint })).redelivered;
}

function endpointOf({ value }) {
  return value.trim() === '' ? undefined : value.trim();
}

function sentence(sent) {
  if (sent === 0) return 'No webhook had to be rescheduled; all are under way or there are none.';
  return `${sent} ${sent === 1 ? 'webhook is' : 'webhooks are'} sent now, by a worker that is up.`;
}
