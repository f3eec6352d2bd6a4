/** What a worker says of itself: over HTTP, and by the lines of its log. */
import type { WorkerProcess } from './worker-process.ts';

/** The status of /readyz. */
export async function readiness({ address }: WorkerProcess): Promise<number> {
  return (await fetch(`${address}/readyz`)).status;
}

/** The warnings of /health. */
export async function warningsOf({ address }: WorkerProcess): Promise<string[]> {
  const answer = await fetch(`${address}/health`);
  return ((await answer.json()) as { warnings: string[] }).warnings;
}

/** The text of /metrics. */
export async function metricsOf({ address }: WorkerProcess): Promise<string> {
  return (await fetch(`${address}/metrics`)).text();
}

/** How many lines with this message it has logged. */
export function countOf({ lines }: WorkerProcess, message: string): number {
  return lines.filter((line) => line.message === message).length;
}
