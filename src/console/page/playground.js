/** The playground: a person, garments, the steps, and the picture with what it took. */
import { get } from './api.js';
import { card, el } from './dom.js';
import { money } from './format.js';
import { addPhotos, photoField } from './photos.js';
import { resultView } from './result.js';
import { stepList } from './steps.js';
import { makeTrial, orderTryOn } from './try-on.js';

const MOST_GARMENTS = 4;

export async function showPlayground(main) {
  const { mode, samples, meanCostUsd = null } = await get('playground');
  const isPaid = mode === 'trial';
  const chosen = { person: [], garments: [] };
  const steps = stepList();
  const result = resultView();
  const go = el('button', { className: 'main', type: 'button', onclick: run }, 'Try it on');
  const confirmation = el('input', { type: 'checkbox', onchange: update, id: 'paid' });
  let isUnderWay = false;

  const missing = () => missingOf(chosen, isPaid && !confirmation.checked);

  function update() {
    if (isUnderWay) return;
    go.disabled = missing() !== null;
    steps.clear(missing() ?? '');
    result.clear(chosen);
  }

  async function run() {
    isUnderWay = true;
    go.disabled = true;
    result.start();
    steps.start();
    const form = new FormData();
    addPhotos(form, [...chosen.person, ...chosen.garments]);
    if (isPaid) form.append('paid', 'yes');
    try {
      const ended = isPaid
        ? await makeTrial(form, steps, result.showPartial)
        : await orderTryOn(form, steps);
      result.end(ended);
    } catch (error) {
      steps.clear('');
      result.fail(error.message);
    }
    isUnderWay = false;
    go.disabled = missing() !== null;
  }

  main.append(
    el('p', {}, explain(isPaid)),
    photoCards(samples, chosen, update),
    el(
      'div',
      { className: 'columns result' },
      card(
        'Steps',
        isPaid ? priceTag(confirmation, meanCostUsd) : '',
        el('p', {}, go),
        ...steps.elements,
      ),
      card('Result', ...result.elements),
    ),
  );
  update();
}

/** What is still to be chosen or confirmed, or null. */
function missingOf({ person, garments }, isUnpaid) {
  if (person.length === 0) return 'Choose a person.';
  if (garments.length === 0) return 'Choose a garment.';
  return isUnpaid ? 'Agree to the cost.' : null;
}

function photoCards(samples, chosen, onChange) {
  const person = photoField({
    label: 'Person',
    invite: 'Choose a photo of a person, or drop it here',
    most: 1,
    samples: samples.people,
    onChange: (photos) => {
      chosen.person = photos;
      onChange();
    },
  });
  const garments = photoField({
    label: 'Garments',
    invite: `Choose up to ${MOST_GARMENTS} photos of garments, or drop them here`,
    most: MOST_GARMENTS,
    samples: samples.garments,
    onChange: (photos) => {
      chosen.garments = photos;
      onChange();
    },
  });
  return el('div', { className: 'columns' }, card('Person', person), card('Garments', garments));
}

function explain(isPaid) {
  return isPaid
    ? 'Makes one paid picture without a session: shown here, stored nowhere, no credit taken.'
    : 'Orders a try-on on the local stack, as a shop would: a credit, a session, a task. The local image model only lays the garments over the person, at the prices of the real one.';
}

function priceTag(confirmation, meanCostUsd) {
  const price =
    meanCostUsd === null
      ? 'No picture of the last week shows what it costs.'
      : `A picture of the last week cost ${money(meanCostUsd)} on average.`;
  return el(
    'p',
    { className: 'check' },
    confirmation,
    el('label', { for: 'paid' }, `${price} Make one, paid by the worker's key`),
  );
}
