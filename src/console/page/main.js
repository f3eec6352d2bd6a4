/** The console: which page is shown, by the address' hash. */
import { showCosts } from './costs.js';
import { el, fill, notice } from './dom.js';
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

/** Each page fills an element of its own and may return what is to be done when it is left. */
async function show() {
  const [name, argument] = location.hash.slice(1).split('/');
  const [title, page] = PAGES[name] ?? PAGES.playground;
  leave();
  leave = () => {};
  document.title = `${title} · WearOn console`;
  for (const link of document.querySelectorAll('nav a')) {
    const isCurrent = link.hash === `#${name || 'playground'}`;
    if (isCurrent) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const content = el('div', { className: 'page' });
  fill(main, el('h1', {}, title), content);
  try {
    const onLeave = (await page(content, argument)) ?? (() => {});
    // It may have been left before it was ready.
    if (content.isConnected) leave = onLeave;
    else onLeave();
  } catch (error) {
    content.append(notice(error.message));
  }
}

const connection = document.querySelector('#connection');
openEvents((isUp) => {
  connection.textContent = isUp ? '● Live' : 'No live steps: trying again…';
  connection.classList.toggle('good', isUp);
});
document.querySelector('.skip').addEventListener('click', (event) => {
  // The hash names a page.
  event.preventDefault();
  main.focus();
});
addEventListener('hashchange', () => {
  void show().then(() => main.focus({ preventScroll: true }));
});
void show();
