/**
 * Runs one of the local programs until it ends or someone ends it: Ctrl-C stops it at any step,
 * and what is missing or wrong on this machine is reported without a stack trace.
 */
import { addAbortListener } from 'node:events';

/** What the person in front of the machine has to put right first; the message says all of it. */
export class SetupError extends Error {}

/** The shell's exit code for a program that SIGINT ended. */
const INTERRUPTED = 130;

/** `program` gets a signal that aborts at SIGINT or SIGTERM, and resolves with the exit code. */
export async function runUntilSignal(
  program: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  try {
    process.exitCode = await program(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) process.exitCode = INTERRUPTED;
    else if (error instanceof SetupError) {
      console.error(error.message);
      process.exitCode = 1;
    } else throw error;
  }
}

/** Resolves when `signal` aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  using _listening = addAbortListener(signal, () => resolve());
  await promise;
}
