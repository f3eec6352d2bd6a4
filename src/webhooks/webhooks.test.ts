import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { ConfigError } from '../config.ts';
import { TaskError } from '../errors.ts';
import { failureText } from '../failure-text.ts';
import type { Session } from '../ports/session.ts';
import { EndpointSlots, type Slot } from './endpoint-slots.ts';
import { type EndpointSettings, readEndpoints } from './endpoints.ts';
import { endedMessage, messageId } from './message.ts';
import { RETRY_SECONDS, retryDelayMs } from './schedule.ts';
import { signedHeaders, signingKeysOf } from './signature.ts';

const STORE = '019a8c5e-0000-7000-8000-000000000002';
const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(24)).toString('base64')}`;

const session: Session = {
  channel: 'b2b',
  ownerId: STORE,
  sessionId: '019a8c5e-0000-7000-8000-000000000001',
  status: 'completed',
  createdAt: new Date('2026-01-01T10:00:00Z'),
  completedAt: new Date('2026-01-01T10:00:09Z'),
  errorMessage: null,
  requestId: 'Order #1042',
  shopperEmail: 'someone@example.com',
};

describe('a message', () => {
  it('has ids, status and times, and no e-mail address', () => {
    const message = endedMessage(session, null);
    assert.deepEqual(message, {
      type: 'try_on.completed',
      timestamp: '2026-01-01T10:00:09.000Z',
      data: {
        session_id: session.sessionId,
        channel: 'b2b',
        store_id: STORE,
        user_id: null,
        request_id: 'Order #1042',
        status: 'completed',
        created_at: '2026-01-01T10:00:00.000Z',
        completed_at: '2026-01-01T10:00:09.000Z',
        error: null,
      },
    });
  });

  it('says why the session failed, in the words for the shopper', () => {
    const { publicText } = new TaskError('INVALID_IMAGE', { detail: 'unreachable.person' });
    const failed = {
      ...session,
      status: 'failed',
      errorMessage: failureText(publicText, 'pending'),
    } as const;
    assert.deepEqual(endedMessage(failed, null)?.data.error, {
      code: 'INVALID_IMAGE',
      message: publicText,
    });
    assert.equal(endedMessage(failed, 'ABANDONED')?.data.error?.code, 'ABANDONED');
  });

  it('passes on no text that the worker did not write', () => {
    const failed = { ...session, status: 'failed', errorMessage: 'https://x/?token=abc' } as const;
    assert.deepEqual(endedMessage(failed, null)?.data.error, { code: null, message: null });
    const disguised = { ...failed, errorMessage: failureText('https://x/?token=abc', 'returned') };
    assert.deepEqual(endedMessage(disguised, null)?.data.error, { code: null, message: null });
  });

  it('is not made of a session that has not ended', () => {
    assert.equal(endedMessage({ ...session, status: 'processing' }, null), null);
  });
});

describe('a signature', () => {
  it('is accepted by the package of the specification, for each of two keys', () => {
    const message = { id: messageId(session.sessionId), body: '{"type":"try_on.completed"}' };
    const keys = signingKeysOf(`${secretOf('a')} ${secretOf('b')}`);
    const headers = signedHeaders(message, keys, new Date());
    for (const letter of ['a', 'b']) {
      assert.deepEqual(new Webhook(secretOf(letter)).verify(message.body, headers), {
        type: 'try_on.completed',
      });
    }
    assert.throws(() => new Webhook(secretOf('c')).verify(message.body, headers));
    assert.throws(() => new Webhook(secretOf('a')).verify(`${message.body} `, headers));
  });
});

describe('the schedule', () => {
  it('has at least ten tries over at least two hours', () => {
    const delays = RETRY_SECONDS.map((_, at) => retryDelayMs(at + 1, 0, RETRY_SECONDS, () => 0));
    const totalMs = delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0);
    assert.ok(delays.length + 1 >= 10);
    assert.ok(totalMs >= 2 * 3_600_000, `${totalMs} ms`);
    assert.equal(retryDelayMs(delays.length + 1, 0), null);
  });

  it('waits at least as long as the endpoint asks for', () => {
    assert.equal(retryDelayMs(1, 60_000), 60_000);
    assert.ok((retryDelayMs(4, 60_000) ?? 0) >= 120_000);
  });

  it('scatters the tries', () => {
    assert.equal(
      retryDelayMs(1, 0, [10], () => 0.5),
      11_000,
    );
  });
});

describe('the endpoints', () => {
  const none: EndpointSettings = {
    webhookUrl: null,
    webhookSecret: null,
    webhooksFile: null,
    webhookTrustedOrigins: [],
  };
  const entry = { url: 'https://shop.example/hook', secret: secretOf('s') };
  /** Its path is its text here. */
  const fileOf = (content: unknown) => ({ ...none, webhooksFile: JSON.stringify(content) });

  function problemsOf(settings: EndpointSettings): string {
    try {
      readEndpoints(settings, (path) => path);
      return '';
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
  }

  it('are the platform for every session and a store for its own', () => {
    const platform = { webhookUrl: 'https://p.example/', webhookSecret: secretOf('p') };
    const endpoints = readEndpoints(
      { ...fileOf({ [STORE.toUpperCase()]: entry }), ...platform },
      (path) => path,
    );
    const keysOf = (channel: 'b2b' | 'b2c', ownerId: string) =>
      endpoints.of({ channel, ownerId }).map(({ key }) => key);
    assert.deepEqual(keysOf('b2b', STORE), ['platform', STORE]);
    assert.deepEqual(keysOf('b2b', session.sessionId), ['platform']);
    assert.deepEqual(keysOf('b2c', STORE), ['platform']);
  });

  it('are none where nothing is set', () => {
    assert.deepEqual(readEndpoints(none).all, []);
  });

  it('are refused with every reason at once, and without the secret', () => {
    const wrong = problemsOf({
      ...fileOf({ [STORE]: { url: 'http://shop.example', secret: 'short secret' }, shop: entry }),
      webhookUrl: 'https://user:pw@p.example/',
    });
    assert.match(wrong, /WEBHOOK_URL and WEBHOOK_SECRET must be set together/);
    assert.match(wrong, /WEBHOOKS_FILE: 019a\S+: url must start with https/);
    assert.match(wrong, /WEBHOOKS_FILE: 019a\S+: secret must be whsec_/);
    assert.match(wrong, /WEBHOOKS_FILE: shop: is no store's id/);
    assert.doesNotMatch(wrong, /short secret/);
    assert.match(problemsOf(fileOf({ [STORE]: { url: 'x' } })), /secret/);
    const platform = { webhookSecret: secretOf('p') };
    const withPassword = { ...none, ...platform, webhookUrl: 'https://user:pw@p.example/' };
    assert.match(problemsOf(withPassword), /must hold no user name/);
    assert.doesNotMatch(problemsOf({ ...none, webhooksFile: '{"whsec_x' }), /whsec_x/);
  });

  it('are refused when their file is not there', () => {
    const settings = { ...none, webhooksFile: '/nowhere/webhooks.json' };
    assert.throws(
      () => readEndpoints(settings),
      /WEBHOOKS_FILE \/nowhere\/webhooks.json cannot be read: ENOENT/,
    );
  });

  it('are refused with an inside address, unless its origin is trusted', () => {
    for (const host of ['127.0.0.1', '0x7f.1', '10.0.0.8:8443', '[::1]', '[::ffff:7f00:1]']) {
      const webhookUrl = `https://${host}/hook`;
      const settings = { ...none, webhookUrl, webhookSecret: secretOf('p') };
      assert.match(problemsOf(settings), /WEBHOOK_URL must not lead inside the network/, host);
      const webhookTrustedOrigins = [new URL(webhookUrl).origin];
      assert.equal(problemsOf({ ...settings, webhookTrustedOrigins }), '');
    }
    for (const host of ['93.184.215.14', 'shop.example', '[2606:2800:21f:cb07::1]']) {
      assert.equal(problemsOf(fileOf({ [STORE]: { ...entry, url: `https://${host}/` } })), '');
    }
  });

  it('may be plain HTTP on a trusted origin only', () => {
    const settings = { ...none, webhookUrl: 'http://10.0.0.1/x', webhookSecret: secretOf('p') };
    assert.match(problemsOf(settings), /must start with https/);
    const trusted = { ...settings, webhookTrustedOrigins: ['http://10.0.0.1'] };
    assert.equal(readEndpoints(trusted).all[0]?.isTrusted, true);
  });
});

describe('the slots of an endpoint', () => {
  function fill(slots: EndpointSlots, endpoint: string): Slot[] {
    const taken: Slot[] = [];
    for (
      let slot = slots.take(endpoint, 0);
      typeof slot !== 'number';
      slot = slots.take(endpoint, 0)
    )
      taken.push(slot);
    return taken;
  }

  it('are bounded, and leave those of others free', () => {
    const slots = new EndpointSlots();
    assert.equal(fill(slots, 'a').length, 8);
    assert.equal(fill(slots, 'b').length, 8);
  });

  it('are fewer after a failure and as before after a success', () => {
    const slots = new EndpointSlots();
    for (const slot of fill(slots, 'a')) slot.release(false, 10_000);
    const few = fill(slots, 'a');
    assert.equal(few.length, 2);
    for (const slot of few) slot.release(true, 10);
    assert.equal(fill(slots, 'a').length, 8);
  });

  it('give each that finds none a time of its own, later than the last', () => {
    const slots = new EndpointSlots();
    for (const slot of fill(slots, 'a')) slot.release(false, 8000);
    fill(slots, 'b');
    fill(slots, 'a');
    const waits = [slots.take('a', 0), slots.take('a', 0), slots.take('a', 0)];
    assert.ok(waits.every((wait) => typeof wait === 'number'));
    assert.deepEqual(
      waits.map((wait, at) => at > 0 && Number(wait) > Number(waits[at - 1])),
      [false, true, true],
    );
  });
});
