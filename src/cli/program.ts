/**
 * The operator's command line: every command, by topic.
 */
import { Command } from 'commander';
import { VERSION } from '../version.ts';
import type { Run } from './cli-context.ts';
import { addCosts } from './costs.ts';
import { addDead } from './dead-letters.ts';
import { addDoctor } from './doctor.ts';
import { addDrain } from './drain.ts';
import { addEnqueue } from './enqueue.ts';
import { addLedger } from './ledger.ts';
import { addQueue } from './queue.ts';
import { addReconciliation } from './reconciliation.ts';
import { addRefunds } from './refunds.ts';
import { addRescue } from './rescue.ts';
import { addRetention } from './retention.ts';
import { addSessions } from './sessions.ts';
import { addSize } from './size.ts';
import { addTry } from './try.ts';
import { addWebhooks } from './webhooks.ts';

/** The whole program; `run` carries a command out. */
export function createProgram(run: Run): Command {
  const program = new Command('wearon')
    .description("The operator's tools for the try-on worker; they read the worker's environment.")
    .version(VERSION, '--version', 'print the version')
    .addHelpText(
      'after',
      '\nExit codes: 0 fine, 1 a finding or a problem, 2 wrong usage or configuration.',
    );
  for (const add of [
    addDoctor,
    addQueue,
    addSessions,
    addEnqueue,
    addDead,
    addRefunds,
    addLedger,
    addReconciliation,
    addWebhooks,
    addCosts,
    addRescue,
    addRetention,
    addDrain,
    addSize,
    addTry,
  ]) {
    add(program, run);
  }
  addJson(program);
  return program;
}

/** Every command can answer programs, too. */
function addJson(command: Command): void {
  if (command.commands.length === 0) command.option('--json', 'answer in JSON');
  for (const child of command.commands) addJson(child);
}
