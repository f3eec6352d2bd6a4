/** The chosen photos, the picture made of them, and what it took. */
import { el, facts, fill, notice } from './dom.js';
import { money } from './format.js';

/** `chosen` are photos by `person` and `garments`; `ended` is how a try-on ended, see try-on.js. */
export function resultView() {
  const pictures = el('div', { className: 'side' });
  const numbers = el('div', {});
  let photos = [];

  function show(nothing, url = null, caption = 'Picture') {
    fill(pictures, photos, figure(caption, url, nothing));
  }

  return {
    elements: [pictures, numbers],
    /** What was made of other photos is taken away. */
    clear(chosen) {
      photos = figuresOf(chosen);
      fill(numbers);
      show('No picture yet');
    },
    start() {
      fill(numbers);
      show('Under way…');
    },
    showPartial: (url) => show('', url, 'Picture so far'),
    end(ended) {
      show('No picture', ended.picture);
      fill(numbers, outcomeOf(ended));
    },
    fail(text) {
      show('No picture');
      fill(numbers, notice(text));
    },
  };
}

function figuresOf({ person, garments }) {
  const numbered = (at) => (garments.length > 1 ? `Garment ${at + 1}` : 'Garment');
  return [
    figure('Person', person[0]?.url),
    ...(garments.length === 0
      ? [figure('Garment')]
      : garments.map(({ url }, at) => figure(numbered(at), url))),
  ];
}

function figure(caption, url, nothing = 'Not chosen') {
  const empty = (text) => el('div', { className: 'empty' }, text);
  const onerror = (event) => event.target.replaceWith(empty('Cannot be shown'));
  const picture = url ? el('img', { src: url, alt: caption, onerror }) : empty(nothing);
  return el('figure', {}, el('figcaption', {}, caption), picture);
}

function outcomeOf({ error, provider, model, costUsd, creditsBefore, creditsAfter, sessionId }) {
  const notAsked = error === null ? 'not known' : 'none asked';
  return [
    error === null ? null : notice(error),
    facts([
      ['Cost', error === null ? money(costUsd) : 'none'],
      ['Provider', provider ? `${provider}, ${model}` : notAsked],
      ...(creditsBefore === undefined ? [] : [['Credits', `${creditsBefore} → ${creditsAfter}`]]),
      ...(sessionId ? [['Session', el('a', { href: `#session/${sessionId}` }, sessionId)]] : []),
    ]),
  ];
}
