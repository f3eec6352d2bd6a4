/** The state of the whole, and what an operator does about it. */
import { get, post } from './api.js';
import { showDeadLetters } from './dead-letters.js';
import { card, el, facts, fill, notice, sessionLink, table } from './dom.js';
import { ago, money, percent } from './format.js';
import { showLiveSessions } from './live-sessions.js';

const REFRESH_MS = 5000;
/** The money is read off every row of a day. */
const MONEY_REFRESH_MS = 60_000;

export async function showOperations(main) {
  const state = el('div', { className: 'columns' });
  const letters = card('Dead letters');
  const sessions = card('Sessions');
  main.append(
    el(
      'p',
      {},
      'The state of all replicas, read again every five seconds; sessions move live. Photos are never shown here.',
    ),
    state,
    sessions,
    letters,
  );
  let today = null;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const refresh = async () => {
    if (performance.now() - readAtMs > MONEY_REFRESH_MS) {
      readAtMs = performance.now();
      today = await get('costs?by=day&days=1').catch((error) => error);
    }
    try {
      fill(state, cards(await get('overview'), today, refresh));
      await readLetters();
    } catch (error) {
      fill(state, card('State', notice(error.message)));
    }
  };
  const readLetters = showDeadLetters(letters);
  await refresh();
  const stopLive = await showLiveSessions(sessions);
  const timer = setInterval(() => document.hidden || refresh(), REFRESH_MS);
  return () => {
    clearInterval(timer);
    stopLive();
  };
}

function cards(overview, today, refresh) {
  return [
    stateCard(overview, refresh),
    backlogCard(overview),
    providerCard(overview),
    moneyCard(overview, today),
  ];
}

function stateCard({ isReady, version, warnings, queues }, refresh) {
  const { drainingSince } = queues;
  const draining = drainingSince !== null;
  const label = draining ? 'Take tasks again' : 'Drain: take no more tasks';
  const toggle = async () => {
    if (!draining && !confirm('Stop taking tasks on all replicas?')) return;
    await post('drain', { on: !draining }).catch((error) => alert(error.message));
    await refresh();
  };
  return card(
    'State',
    el(
      'p',
      { className: isReady ? 'good' : 'bad' },
      isReady ? '● Takes tasks' : '● Takes no tasks',
    ),
    warnings.map((warning) => el('p', { className: 'wait' }, `⚠ ${warning}`)),
    facts([
      ['Version', version],
      ['Draining since', draining ? ago(drainingSince) : '–'],
    ]),
    el('p', {}, el('button', { type: 'button', onclick: toggle }, label)),
  );
}

const PLACES = {
  list: 'On the list',
  intake: 'Intake',
  waiting: 'Waiting',
  active: 'Running',
  delayed: 'Retried later',
};

function backlogCard({ queues, rate }) {
  const ended = rate.completed + rate.failed;
  return card(
    'Backlog and rate',
    facts([
      ...Object.entries(PLACES).map(([place, label]) => {
        const { tasks, oldestAgeSeconds } = queues.places[place];
        return [label, tasks === 0 ? '0' : `${tasks}, oldest ${Math.round(oldestAgeSeconds)} s`];
      }),
      ['Given up', String(queues.givenUp)],
      [`Completed in ${rate.minutes} min`, String(rate.completed)],
      [`Failed in ${rate.minutes} min`, String(rate.failed)],
      ['Ended a minute', (ended / rate.minutes).toFixed(1)],
    ]),
  );
}

function providerCard({ gates, queues }) {
  const { moneyAtRisk } = queues;
  const states = gates.map(({ name, model, breaker, trip, callsPerMinute }) => [
    el('p', { className: 'provider' }, el('strong', {}, name), ` ${model}`),
    facts([
      [
        'Breaker',
        el('span', { className: breaker === 'closed' ? 'good' : 'bad' }, breaker.replace('_', ' ')),
      ],
      ...(trip === null ? [] : [['Stopped for', `${trip.code}, ${ago(trip.since)}`]]),
      ['Most calls', `${callsPerMinute} a minute`],
    ]),
  ]);
  return card(
    'Providers and breakers',
    ...states.flat(),
    el('h3', {}, 'Paid calls'),
    facts([
      ['Under way', String(moneyAtRisk.paidCallsUnderWay)],
      ['Outcome unknown', String(moneyAtRisk.paidCallsOutcomeUnknown)],
    ]),
  );
}

function moneyCard({ queues, reconciliation }, today) {
  const { refundsOutstanding, oldestRefundSince } = queues.moneyAtRisk;
  const sums = today instanceof Error ? [['Last 24 h', today.message]] : sumsOf(today.total);
  const since = oldestRefundSince === null ? '' : `, oldest ${ago(oldestRefundSince)}`;
  return card(
    'Money, last 24 hours',
    facts([
      ...sums,
      ['Refunds open', `${refundsOutstanding}${since}`],
      ['To reconcile', String(queues.moneyAtRisk.reconciliationOpen)],
    ]),
    reconciliation.length === 0
      ? null
      : table(
          'Payments that only a person can give back',
          ['Session', 'Reason', 'Credits', 'Since'],
          reconciliation.map(({ sessionId, reason, credits, at }) => [
            sessionLink(sessionId),
            reason,
            { number: credits },
            ago(at),
          ]),
          '',
        ),
  );
}

function sumsOf({ tryOns, completed, failed, moderationBlocks, costUsd }) {
  const ended = completed + failed;
  return [
    ['Try-ons', String(tryOns)],
    ['Success', ended === 0 ? '–' : percent(completed / ended)],
    ['Failed', String(failed)],
    ['By moderation', String(moderationBlocks)],
    ['Cost', money(costUsd)],
  ];
}
