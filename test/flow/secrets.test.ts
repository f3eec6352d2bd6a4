/**
 * Nothing secret in a whole run's log or in what shoppers read: keys, tokens, links, e-mail
 * addresses, prompts, vendors.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  insufficientQuota,
  moderationBlocked,
  serverError,
} from '../../local/openai/vendor-errors.ts';
import { createPerson, createShopper } from '../../local/platform.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { orderTryOn, push, settledRow } from '../support/shop.ts';

const crash = useCrashShop();

it('no secret reaches the log, and no vendor, link or exception a shopper', async () => {
  const { platform, stack } = crash.shop;
  const shopper = await createShopper(platform);
  const person = await createPerson(platform);
  const prompt = 'a very private wish';
  const deadLink = `${stack.supabase.url}/storage/v1/object/sign/none/x.jpg?token=eyJzZWNyZXQ`;
  const tryOns = [
    await orderTryOn(platform, shopper, { prompt }),
    await orderTryOn(platform, shopper, { prompt, requestId: 'forged\n{"level":"fatal"}' }),
    await orderTryOn(platform, person, { imageUrls: [deadLink], prompt }),
    await orderTryOn(platform, person, { imageUrls: ['https://user:pass@169.254.169.254/x'] }),
  ];
  const worker = await crash.startWorker({ LOG_LEVEL: 'trace' });
  stack.openai.faults.add(moderationBlocked());
  stack.openai.faults.add(serverError());
  stack.openai.faults.add(insufficientQuota());
  stack.supabase.faults.add({ method: 'PATCH', kind: 'status', status: 500 });
  stack.supabase.faults.add({ path: /\/rpc\/refund_/, kind: 'drop' });
  await platform.redis.lpush(
    'wearon:tasks:generation',
    `{"prompt":"${prompt}","token":"${deadLink}`,
  );
  await push(platform, ...tryOns);
  const rows = await Promise.all(tryOns.map((tryOn) => settledRow(crash.shop, tryOn)));
  await worker.logged('task_rejected');
  await worker.logged('credit_refunded');
  await worker.end('SIGTERM');

  const log = worker.output.join('\n');
  const secrets = [
    String(stack.env.SUPABASE_SERVICE_ROLE_KEY),
    stack.openai.apiKey,
    shopper.shopperEmail,
    prompt,
    'token=',
    'eyJ',
    '/object/sign/',
    'user:pass',
    '169.254',
  ];
  for (const secret of secrets)
    assert.equal(log.includes(secret), false, `the log holds ${secret}`);
  assert.equal(worker.lines.length, worker.output.length, 'every line is JSON');
  assert.equal(
    worker.lines.some(({ level }) => level === 'fatal'),
    false,
  );
  for (const { error_message: text } of rows) {
    assert.doesNotMatch(text ?? '', /openai|supabase|redis|http|error|exception|\d{3}/i);
  }
});

it('every line of a task names its request, its session and its channel', async () => {
  const { platform } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await worker.logged('generation_completed');
  const names = [
    'task_received',
    'generation_processing',
    'images_prepared',
    'provider_call_started',
    'provider_call_succeeded',
    'picture_stored',
    'generation_completed',
  ];
  const lines = worker.lines.filter(({ session_id }) => session_id === tryOn.sessionId);
  for (const name of names)
    assert.ok(
      lines.some(({ message }) => message === name),
      name,
    );
  for (const line of lines) {
    assert.equal(line.request_id, tryOn.requestId);
    assert.equal(line.channel, 'b2c');
    assert.equal(line.repo, 'wearon-worker');
    assert.match(String(line.time), /^\d{4}-.*Z$/);
  }
});
