/** The console: which page is shown, by the address' hash. */
import { showCosts } from './costs.js';
import { el, fill } from './dom.js';
import { openEvents } from './events.js';
import { showOperations } from './operations.js';
import { showPlayground } from './playground.js';
import { showSize } from './size.js';
import { showStory } from './story.js';
import { showWebhooks } from './webhooks.js';

const PAGES = {
  playground: ['Playground', showPlayground],
  size: ['Size', showSize],
  operations: ['Operations', showOperations],
  webhooks: ['Webhooks', showWebhooks],
  costs: ['Costs', showCosts],
  session: ['Session', showStory],
};

const main = document.querySelector('#main');
let leave = () => {};

/** Each page fills `main` and may return what is to be done when it is left. */
async function show() {
  const [name, argument] = location.hash.slice(1).split('/');
  if (name === 'main') return;
  const [title, page] = PAGES[name] ?? PAGES.playground;
  leave();
  leave = () => {};
  document.title = `${title} · WearOn console`;
  for (const link of document.querySelectorAll('nav a')) {
    const isCurrent = link.hash === `#${name || 'playground'}`;
    if (isCurrent) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  fill(main, el('h1', {}, title));
  try {
    leave = (await page(main, argument)) ?? (() => {});
  } catch (error) {
    main.append(el('p', { className: 'notice', role: 'alert' }, error.message));
  }
}

const connection = document.querySelector('#connection');
openEvents((isUp) => {
  connection.textContent = isUp ? 'Live' : 'No live steps: trying again…';
});
addEventListener('hashchange', () => {
  void show().then(() => main.focus({ preventScroll: true }));
});
void show();
