/**
 * Ends a process with the one that started it. Neither a killed process nor a test that ran out of
 * time gets to its `finally`.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface GuardOptions {
  /** Ends the whole process group, which the process must lead (`detached`). */
  readonly group?: boolean;
  readonly signal?: 'KILL' | 'TERM';
}

/** Signals the process when this one is gone, however it ended; with KILL a stopped process too. */
export function endWithThisProcess(
  child: ChildProcess,
  { group = false, signal = 'KILL' }: GuardOptions = {},
): void {
  if (child.pid === undefined) return;
  const script = `cat >/dev/null; kill -s ${signal} -- "$1"`;
  const target = `${group ? '-' : ''}${child.pid}`;
  const guardian = spawn('/bin/sh', ['-c', script, 'guardian', target], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guardian.unref();
  child.once(group ? 'close' : 'exit', () => guardian.kill('SIGKILL'));
}
