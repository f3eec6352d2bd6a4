import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { ImageProvider, ProviderLimits } from '../ports/image-provider.ts';
import { EMPTY_JOURNAL } from '../ports/jobs.ts';
import type { Permit } from '../ports/provider-gate.ts';
import { checkGates, enterFirst, type GatedProvider, providersFor } from './provider-route.ts';

const ROOMY: ProviderLimits = {
  garments: { least: 0, most: 15 },
  promptCharacters: 100,
  prompt: 'sent',
};
const PERMIT: Permit = { succeeded() {}, failed() {}, [Symbol.dispose]() {} };

function provider(name: string, limits: Partial<ProviderLimits> = {}): ImageProvider {
  return {
    name,
    model: name,
    limits: { ...ROOMY, ...limits },
    submit: () => assert.fail('called'),
    forecastUsd: () => null,
  };
}

function gated(name: string, limits: Partial<ProviderLimits> = {}): GatedProvider {
  const gate = { assertMayPay: async () => undefined, enter: async () => PERMIT };
  return { provider: provider(name, limits), gate };
}

/** One whose gate refuses. */
function refusing(name: string, error: Error): GatedProvider {
  const refuse = () => Promise.reject(error);
  return { provider: provider(name), gate: { assertMayPay: refuse, enter: refuse } };
}

function task(garments: number, prompt = '') {
  return { imageUrls: Array.from({ length: garments + 1 }, (_, at) => `${at}`), prompt };
}

function names(providers: readonly GatedProvider[]): string[] {
  return providers.map((one) => one.provider.name);
}

const { signal } = new AbortController();

describe('the order of providers for a task', () => {
  it('is the configured one, with those that failed the task last', () => {
    const order = [gated('a'), gated('b'), gated('c')];
    assert.deepEqual(names(providersFor(task(1), EMPTY_JOURNAL, order)), ['a', 'b', 'c']);
    const journal = { ...EMPTY_JOURNAL, failedProviders: ['a'] };
    assert.deepEqual(names(providersFor(task(1), journal, order)), ['b', 'c', 'a']);
  });

  it('leaves out those that cannot take the request', () => {
    const few = gated('few', { garments: { least: 1, most: 2 } });
    const mute = gated('mute', { prompt: 'refused' });
    const terse = gated('terse', { promptCharacters: 5 });
    const order = [few, mute, terse, gated('all')];
    const able = (garments: number, prompt?: string) =>
      names(providersFor(task(garments, prompt), EMPTY_JOURNAL, order));
    assert.deepEqual(able(1), ['few', 'mute', 'terse', 'all']);
    assert.deepEqual(able(3), ['mute', 'terse', 'all']);
    assert.deepEqual(able(0), ['mute', 'terse', 'all']);
    assert.deepEqual(able(1, 'in red'), ['few', 'all']);
  });

  it('is a final error where no provider can take the request', () => {
    const order = [gated('few', { garments: { least: 1, most: 2 } })];
    const routed = (garments: number) => () => providersFor(task(garments), EMPTY_JOURNAL, order);
    assert.throws(routed(3), { code: 'INVALID_IMAGE', detail: 'too_many' });
    assert.throws(routed(0), { code: 'GENERATION_FAILED' });
  });
});

describe('a call', () => {
  const stopped = (retryAfterMs: number) =>
    new TaskError('PROVIDER_REFUSES_SERVICE', { detail: 'breaker_open', retryAfterMs });
  const late = new TaskError('DEADLINE_EXCEEDED');

  it('goes to the first provider whose gate lets it out', async () => {
    const order = [refusing('a', stopped(5)), refusing('b', late), gated('c'), gated('d')];
    assert.equal((await enterFirst(order, 0, signal)).provider.name, 'c');
    await checkGates(order);
  });

  it('waits for the gate that opens first, not for the deadline', async () => {
    const order = [refusing('a', late), refusing('b', stopped(9)), refusing('c', stopped(5))];
    await assert.rejects(enterFirst(order, 0, signal), { retryAfterMs: 5 });
    await assert.rejects(checkGates([refusing('a', late)]), late);
  });

  it('does not go elsewhere for an error that is no refusal', async () => {
    const order = [refusing('a', new Error('Redis is away')), gated('b')];
    await assert.rejects(enterFirst(order, 0, signal), /Redis is away/);
  });
});
