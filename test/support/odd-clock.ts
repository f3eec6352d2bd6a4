/**
 * Preloaded into a worker (`NODE_OPTIONS=--import`): its clock is off by CLOCK_AHEAD_MS, or from
 * SIGUSR2 on where CLOCK_JUMPS is set. Timers are not affected, as with a real clock that is set.
 */
const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? 0);
const RealDate = Date;
let offMs = process.env.CLOCK_JUMPS === undefined ? aheadMs : 0;

class OddDate extends RealDate {
  constructor(...args: [] | [number]) {
    if (args.length === 0) super(RealDate.now() + offMs);
    else super(...args);
  }

  static override now(): number {
    return RealDate.now() + offMs;
  }
}

globalThis.Date = OddDate as DateConstructor;
process.on('SIGUSR2', () => {
  offMs = aheadMs;
});
