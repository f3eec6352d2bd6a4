/** What the pictures cost and what became of the try-ons. */
import { get } from './api.js';
import { card, choice, el, field, fill, notice, table } from './dom.js';
import { money, percent } from './format.js';

const GROUPINGS = {
  day: 'Day',
  store: 'Store',
  'store-day': 'Store and day',
  provider: 'Provider',
};
const DAYS = { 1: '24 hours', 7: '7 days', 30: '30 days', 90: '90 days' };

const TRY_ONS = [
  ['Try-ons', 'Completed', 'Failed', 'Success', 'Blocked by moderation'],
  ({ tryOns, completed, failed, moderationBlocks }) => {
    const ended = completed + failed;
    return [
      { number: tryOns },
      { number: completed },
      { number: failed },
      { number: ended === 0 ? '–' : percent(completed / ended) },
      { number: moderationBlocks },
    ];
  },
];
/** Of a provider only delivered pictures are known, so a share of success would always be 100 %. */
const PICTURES = [['Pictures'], ({ completed }) => [{ number: completed }]];

export async function showCosts(main) {
  const by = choice(GROUPINGS, 'day');
  const days = choice(DAYS, '7');
  const csv = el('a', { className: 'button', download: '' }, 'Download CSV');
  const list = el('div', { 'aria-live': 'polite' });
  main.append(
    el(
      'p',
      {},
      'Counted from the sessions. What was paid for a session that failed all the same is only in the metrics.',
    ),
    card(
      'Numbers',
      el('div', { className: 'row' }, field('By', by), field('Of the last', days), csv),
      list,
    ),
  );

  async function load() {
    const query = `costs?by=${by.value}&days=${days.value}`;
    csv.href = `api/${query}&format=csv`;
    try {
      const { groups, total } = await get(query);
      const [counts, countsOf] = by.value === 'provider' ? PICTURES : TRY_ONS;
      const rows = (groups.length === 0 ? [] : [...groups, total]).map((group) => [
        group.key,
        ...countsOf(group),
        ...moneyOf(group),
      ]);
      const headings = [GROUPINGS[by.value], ...counts, 'Cost', 'Per picture'];
      fill(
        list,
        table(`By ${GROUPINGS[by.value].toLowerCase()}`, headings, rows, 'No try-on in this time.'),
      );
    } catch (error) {
      fill(list, notice(error.message));
    }
  }

  for (const select of [by, days]) select.addEventListener('change', load);
  await load();
}

function moneyOf({ completed, costUsd, unpriced }) {
  const priced = completed - unpriced;
  return [
    { number: `${money(costUsd)}${unpriced === 0 ? '' : ` + ${unpriced} unknown`}` },
    { number: priced === 0 ? '–' : money(costUsd / priced) },
  ];
}
