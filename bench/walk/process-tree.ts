/** What a process and everything it has started use, from /proc. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** False of a zombie: it has ended, and its parent has not asked for its exit code. */
  readonly isRunning: boolean;
  /** Of the process and of its children that have ended. */
  readonly cpuTicks: number;
}

/** One /proc/PID/stat; the name in parentheses may hold spaces and parentheses itself (proc(5)). */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    session: field(6),
    isRunning: fields[0] !== 'Z',
    cpuTicks: field(14) + field(15) + field(16) + field(17),
  };
}

/** The megabytes of one smaps_rollup, shared pages counted in proportion. */
export function parsePssMb(rollup: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? Number.NaN) / 1024;
}

/** The processes of the session that `leader` leads, and every descendant of theirs. */
export function treeOf(leader: number, all: readonly ProcessStat[]): ProcessStat[] {
  const pids = new Set([leader]);
  for (let before = -1; before !== pids.size; ) {
    before = pids.size;
    for (const { pid, parent, session } of all) {
      if (session === leader || pids.has(parent)) pids.add(pid);
    }
  }
  return all.filter(({ pid }) => pids.has(pid));
}

/** The pids now running; empty where /proc is missing. */
export function pidsOf(leader: number): number[] {
  return treeOf(leader, allProcesses())
    .filter(({ isRunning }) => isRunning)
    .map(({ pid }) => pid);
}

/** Null where /proc is missing. */
export function cpuMsOf(leader: number): number | null {
  const tree = treeOf(leader, allProcesses());
  if (tree.length === 0) return null;
  const ticks = tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0);
  return (ticks * 1000) / ticksPerSecond();
}

/** Null where /proc or its smaps_rollup is missing or may not be read. */
export function pssMbOf(leader: number): number | null {
  const sizes = pidsOf(leader).flatMap((pid) => {
    const rollup = readIfThere(`/proc/${pid}/smaps_rollup`);
    return rollup === null ? [] : [parsePssMb(rollup)];
  });
  const measured = sizes.filter((size) => !Number.isNaN(size));
  return measured.length === 0 ? null : measured.reduce((sum, size) => sum + size, 0);
}

function allProcesses(): ProcessStat[] {
  if (!existsSync('/proc/self/stat')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const text = readIfThere(`/proc/${pid}/stat`);
    return text === null ? [] : [parseStat(text)];
  });
}

/** Null for a file of a process that has ended meanwhile. */
function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK']).toString());
  return ticks;
}
