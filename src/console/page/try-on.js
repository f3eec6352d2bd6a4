/** One try-on from its form to its end; both kinds report `{ picture, error, provider, model, … }`. */
import { get, postForLines, postForm } from './api.js';
import { eventsReady, onStep } from './events.js';

const POLL_MS = 400;
const MOST_POLLS = 60;

/** The steps of an order are shown until the next order: some arrive after its end. */
let stopListening = () => {};

/** Orders as the platform does; resolves when the session has ended and its refund, if any, is booked. */
export async function orderTryOn(form, steps) {
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
  const row = await refundedRow(sessionId);
  const picture = row.status === 'completed' ? `api/try-ons/${sessionId}/picture` : null;
  return { ...row, ...known, sessionId, picture };
}

/** The row once its payment is final: a failed session is refunded a moment later. */
async function refundedRow(sessionId) {
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
export async function makeTrial(form, steps, onPartial) {
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
