/**
 * The demo's live timeline: a line for every change of a session's status, as the shop would see it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Platform, sessionOf, type TryOn } from '../platform.ts';

/** A session that the demo follows, under a short name. */
export interface Followed {
  readonly name: string;
  readonly tryOn: TryOn;
}

const POLL_MS = 40;
const COLOURS = { queued: 90, processing: 36, completed: 32, failed: 31 } as const;

function paint(status: string): string {
  const colour = status in COLOURS ? COLOURS[status as keyof typeof COLOURS] : 0;
  return process.stdout.isTTY ? `\u001b[${colour}m${status}\u001b[0m` : status;
}

/** Prints changes until every session has ended; rejects after `limitMs`. */
export async function followSessions(
  platform: Platform,
  sessions: readonly Followed[],
  limitMs: number,
): Promise<void> {
  const startedAtMs = Date.now();
  const last = new Map<string, string>();
  const endedCount = () =>
    [...last.values()].filter((status) => status === 'completed' || status === 'failed').length;
  while (endedCount() < sessions.length) {
    if (Date.now() - startedAtMs > limitMs) throw new Error('The sessions did not end in time');
    for (const { name, tryOn } of sessions) {
      const status = (await sessionOf(platform, tryOn))?.status ?? 'gone';
      if (last.get(name) === status) continue;
      last.set(name, status);
      const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(2).padStart(7);
      console.log(`  ${seconds} s  ${name.padEnd(18)} ${paint(status)}`);
    }
    await sleep(POLL_MS);
  }
}
