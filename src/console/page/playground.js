/** The playground: a person, garments, the steps, and the picture with what it took. */
import { get, postForLines, postForm } from './api.js';
import { card, el, facts, fill } from './dom.js';
import { eventsReady, onStep } from './events.js';
import { money } from './format.js';
import { addPhotos, photoField } from './photos.js';
import { stepList } from './steps.js';

const MOST_GARMENTS = 4;
const POLL_MS = 400;
const MOST_POLLS = 60;

export async function showPlayground(main) {
  const { mode, samples, meanCostUsd = null } = await get('playground');
  const chosen = { person: [], garments: [] };
  const steps = stepList();
  const result = el('div', { className: 'side' });
  const numbers = el('div', {});
  const go = el('button', { className: 'main', type: 'button', onclick: () => run() }, 'Try it on');
  const confirmation = el('input', { type: 'checkbox', onchange: update, id: 'paid' });
  let isUnderWay = false;
  let photos = [];

  function missing() {
    if (chosen.person.length === 0) return 'Choose a person.';
    if (chosen.garments.length === 0) return 'Choose a garment.';
    return mode === 'trial' && !confirmation.checked ? 'Agree to the cost.' : null;
  }

  /** What was made of other photos is taken away. */
  function update() {
    if (isUnderWay) return;
    go.disabled = missing() !== null;
    steps.clear(missing() ?? '');
    fill(numbers);
    photos = picturesOf(chosen);
    show('No picture yet');
  }

  function show(nothing, picture = null, caption = 'Picture') {
    fill(result, photos, pictureOf(caption, picture, nothing));
  }

  const showPartial = (picture) => show('', picture, 'Picture so far');

  async function run() {
    isUnderWay = true;
    go.disabled = true;
    fill(numbers);
    show('Under way…');
    steps.start();
    const form = new FormData();
    addPhotos(form, [...chosen.person, ...chosen.garments]);
    if (mode === 'trial') form.append('paid', 'yes');
    try {
      const ended = await (mode === 'order'
        ? order(form, steps)
        : tryOut(form, steps, showPartial));
      show('No picture', ended.picture);
      fill(numbers, outcomeOf(ended));
    } catch (error) {
      steps.clear('');
      show('No picture');
      fill(numbers, el('p', { className: 'notice', role: 'alert' }, error.message));
    }
    isUnderWay = false;
    go.disabled = missing() !== null;
  }

  const person = photoField({
    label: 'Person',
    invite: 'Choose a photo of a person, or drop it here',
    most: 1,
    samples: samples.people,
    onChange: (photos) => {
      chosen.person = photos;
      update();
    },
  });
  const garments = photoField({
    label: 'Garments',
    invite: `Choose up to ${MOST_GARMENTS} photos of garments, or drop them here`,
    most: MOST_GARMENTS,
    samples: samples.garments,
    onChange: (photos) => {
      chosen.garments = photos;
      update();
    },
  });
  main.append(
    el('p', {}, explain(mode)),
    el('div', { className: 'columns' }, card('Person', person), card('Garments', garments)),
    el(
      'div',
      { className: 'columns result' },
      card(
        'Steps',
        ...(mode === 'trial' ? [priceTag(confirmation, meanCostUsd)] : []),
        el('p', {}, go),
        ...steps.elements,
      ),
      card('Result', result, numbers),
    ),
  );
  update();
}

function explain(mode) {
  return mode === 'order'
    ? 'Orders a try-on on the local stack, as a shop would: a credit, a session, a task. The local image model only lays the garments over the person, at the prices of the real one.'
    : 'Makes one paid picture without a session: shown here, stored nowhere, no credit taken.';
}

function priceTag(confirmation, meanCostUsd) {
  const price =
    meanCostUsd === null
      ? 'No picture of the last week tells what it costs.'
      : `A picture of the last week cost ${money(meanCostUsd)} on average.`;
  return el(
    'p',
    { className: 'check' },
    confirmation,
    el('label', { for: 'paid' }, `${price} Make one, paid by the worker's key`),
  );
}

function unreadable() {
  return el('div', { className: 'empty' }, 'Cannot be shown');
}

/** The photos that the picture is made of. */
function picturesOf({ person, garments }) {
  const numbered = (at) => (garments.length > 1 ? `Garment ${at + 1}` : 'Garment');
  return [
    pictureOf('Person', person[0]?.url),
    ...(garments.length === 0
      ? [pictureOf('Garment')]
      : garments.map(({ url }, at) => pictureOf(numbered(at), url))),
  ];
}

function pictureOf(caption, url, nothing = 'Not chosen') {
  const picture = url
    ? el('img', {
        src: url,
        alt: caption,
        onerror: (event) => event.target.replaceWith(unreadable()),
      })
    : el('div', { className: 'empty' }, nothing);
  return el('figure', {}, el('figcaption', {}, caption), picture);
}

function outcomeOf(ended) {
  const { error, provider, model, costUsd, creditsBefore, creditsAfter, sessionId } = ended;
  return [
    error === null ? null : el('p', { className: 'notice', role: 'alert' }, error),
    facts([
      ['Cost', error === null ? money(costUsd) : 'none'],
      [
        'Provider',
        provider ? `${provider}, ${model}` : error === null ? 'not known' : 'none asked',
      ],
      ...(creditsBefore === undefined ? [] : [['Credits', `${creditsBefore} → ${creditsAfter}`]]),
      ...(sessionId ? [['Session', el('a', { href: `#session/${sessionId}` }, sessionId)]] : []),
    ]),
  ];
}

/** The steps of an order are heard until the next one: some come after its end. */
let stopListening = () => {};

/** Orders as the platform does; resolves when the session has ended and its refund, if any, is booked. */
async function order(form, steps) {
  await eventsReady();
  const early = [];
  let sessionId = null;
  const known = {};
  const ended = Promise.withResolvers();
  const take = ([step, atMs]) => {
    if (step.session_id !== sessionId) return;
    steps.add(step, atMs);
    keepFacts(known, step);
    if (step.event === 'failed' || step.event === 'completed') ended.resolve();
  };
  stopListening();
  stopListening = onStep((step) => {
    const arrived = [step, Date.now()];
    if (sessionId === null) early.push(arrived);
    else take(arrived);
  });
  ({ sessionId } = await postForm('try-ons', form));
  early.forEach(take);
  await Promise.race([ended.promise, endedByRow(sessionId)]);
  const row = await paidBackRow(sessionId);
  const picture = row.status === 'completed' ? `api/try-ons/${sessionId}/picture` : null;
  return { ...row, ...known, sessionId, picture };
}

/** The row once its payment is final: a failed session is refunded a moment later. */
async function paidBackRow(sessionId) {
  for (let tries = 0; ; tries += 1) {
    const row = await get(`try-ons/${sessionId}`);
    const isDue = row.status === 'failed' && row.creditsAfter !== row.creditsBefore;
    if (!isDue || tries === MOST_POLLS) return row;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The row is the truth where a step got lost. */
async function endedByRow(sessionId) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS * 5));
    const { status } = await get(`try-ons/${sessionId}`);
    if (status === 'completed' || status === 'failed') return;
  }
}

/** Makes a picture without a session; `onPartial` gets it as far as it is drawn. */
async function tryOut(form, steps, onPartial) {
  let ended = null;
  const known = {};
  await postForLines('try-ons', form, (line) => {
    if (line.result) ended = line.result;
    else if (line.partial) onPartial(imageUrl(line.partial));
    else {
      steps.add(line);
      keepFacts(known, line);
    }
  });
  if (ended === null) throw new Error('The worker broke off.');
  const picture = ended.picture ? imageUrl(ended.picture) : null;
  return { ...ended, ...known, picture };
}

/** Who made the picture last. */
function keepFacts(known, { event, provider, model }) {
  if (event === 'drawing') Object.assign(known, { provider, model });
}

function imageUrl(base64) {
  return `data:image/jpeg;base64,${base64}`;
}
