/**
 * The process of one command: reads the command line and the environment, and sets the exit code.
 */
import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { exitAsUsage, runner } from './run.ts';

try {
  process.loadEnvFile();
} catch {
  // No .env file: the environment is set otherwise.
}

// `wearon … | head` ends reading early; that is no error.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit();
});
const run = runner({
  env: process.env,
  terminal: { input: process.stdin, output: process.stderr },
  print: (text) => console.log(text),
  printError: (text) => console.error(text),
  exit: (code) => {
    process.exitCode = code;
  },
});
const program = createProgram(run);
exitAsUsage(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode;
}
