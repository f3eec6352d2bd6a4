/**
 * `npm run local`: the local stack alone, until Ctrl-C, for a worker started separately.
 */
import { openPlatform } from './platform.ts';
import { startPlayground } from './playground.ts';
import { startLocalStack } from './stack.ts';
import { aborted, runUntilSignal } from './until-signal.ts';

await runUntilSignal(async (signal) => {
  await using stack = await startLocalStack();
  await using platform = openPlatform(stack);
  await using playground = await startPlayground(platform);
  const env = { ...stack.env, CONSOLE_ORDERS_URL: playground.url };
  console.log('# The local stack is up. To work with it, in another shell:');
  for (const [name, value] of Object.entries(env)) console.log(`export ${name}='${value}'`);
  console.log(`# The database: ${stack.databaseUrl}`);
  console.log('# Ctrl-C ends it and removes its data.');
  await aborted(signal);
  return 0;
});
