/** The steps of all sessions as they happen, over one connection that opens again by itself. */

const listeners = new Set();
let source = null;
let ready = null;

/** Opens the stream; `onState` gets true while it is up. */
export function openEvents(onState) {
  ready = Promise.withResolvers();
  source = new EventSource('api/events');
  source.addEventListener('ready', () => {
    onState(true);
    ready.resolve();
  });
  source.addEventListener('error', () => onState(false));
  source.addEventListener('message', ({ data }) => {
    const event = JSON.parse(data);
    for (const listener of listeners) listener(event);
  });
}

/** Resolves when steps arrive. */
export function eventsReady() {
  return ready.promise;
}

/** Calls the listener for every step; call what it returns to end that. */
export function onStep(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
