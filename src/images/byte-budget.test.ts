import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import fc from 'fast-check';
import { ByteBudget, type Holding } from './byte-budget.ts';

/** Takes bytes, and shows whether they were admitted yet. */
function taking(holding: Holding, bytes: number): { admitted: boolean } {
  const state = { admitted: false };
  void holding.take(bytes).then(() => {
    state.admitted = true;
  });
  return state;
}

describe('ByteBudget', () => {
  it('admits what is free at once', async () => {
    const budget = new ByteBudget(10);
    const [a, b] = [taking(budget.open(), 4), taking(budget.open(), 6)];
    await immediate();
    assert.deepEqual([a.admitted, b.admitted], [true, true]);
  });

  it('lets one go on without free bytes, and the others wait for it', async () => {
    const budget = new ByteBudget(10);
    const [first, second, third] = [budget.open(), budget.open(), budget.open()];
    await first.take(10);
    const [exempt, waits] = [taking(second, 5), taking(third, 5)];
    await immediate();
    assert.deepEqual([exempt.admitted, waits.admitted], [true, false]);
    const more = taking(second, 5);
    await immediate();
    assert.equal(more.admitted, true);
    second[Symbol.dispose]();
    await immediate();
    assert.equal(waits.admitted, true, 'the next one is exempt');
  });

  it('forgets a waiting picture that is given up', async () => {
    const budget = new ByteBudget(10);
    const [first, exempt, gone, next] = [
      budget.open(),
      budget.open(),
      budget.open(),
      budget.open(),
    ];
    await first.take(10);
    await exempt.take(1);
    const [given, waits] = [taking(gone, 10), taking(next, 9)];
    gone[Symbol.dispose]();
    first[Symbol.dispose]();
    await immediate();
    assert.deepEqual([given.admitted, waits.admitted], [false, true]);
  });

  it('ends every download and exceeds its budget by one of them at most', async () => {
    const sizes = fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 9 }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 40 }), async (downloads, capacity) => {
        const budget = new ByteBudget(capacity);
        let [held, most] = [0, 0];
        const download = async (pieces: readonly number[]) => {
          using holding = budget.open();
          let own = 0;
          for (const piece of pieces) {
            await holding.take(piece);
            own += piece;
            held += piece;
            most = Math.max(most, held);
            await immediate();
          }
          held -= own;
        };
        await Promise.all(downloads.map(download));
        const largest = Math.max(
          ...downloads.map((pieces) => pieces.reduce((sum, piece) => sum + piece, 0)),
        );
        assert.ok(most <= capacity + largest, `${most} of ${capacity}, largest ${largest}`);
      }),
      { numRuns: 100 },
    );
  });
});
