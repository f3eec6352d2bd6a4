/** What the page asks the worker. A refusal is thrown as an Error with the worker's own sentence. */

async function ask(path, init) {
  let answer;
  try {
    answer = await fetch(`api/${path}`, init);
  } catch {
    throw new Error('The worker does not answer.');
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw Object.assign(
    new Error(body.error ?? body.detail ?? `The worker answered ${answer.status}.`),
    {
      ...body,
      status: answer.status,
    },
  );
}

export async function get(path) {
  return (await ask(path)).json();
}

export async function post(path, body) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
  return (await ask(path, { ...init, body: JSON.stringify(body) })).json();
}

export async function postForm(path, form) {
  return (await ask(path, { method: 'POST', body: form })).json();
}

/** Calls back with each line of JSON of the answer as it comes. */
export async function postForLines(path, form, onLine) {
  const answer = await ask(path, { method: 'POST', body: form });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value = '' } = await reader.read();
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) onLine(JSON.parse(line));
    if (done) return;
  }
}
