/**
 * `make demo`: the main job end to end on the local stack, with the real worker. Ends by itself with
 * `--once` (exit code 0 only if everything came out as it must), else serves until Ctrl-C.
 */
import { parseArgs } from 'node:util';
import { unlessAborted } from '../../src/concurrency/unless-aborted.ts';
import { LOOPBACK } from '../loopback.ts';
import { balanceOf, openPlatform, type Platform } from '../platform.ts';
import { startPlayground } from '../playground.ts';
import { startLocalStack } from '../stack.ts';
import { aborted, runUntilSignal, SetupError } from '../until-signal.ts';
import { showBody, uploadBodyPhoto } from './body.ts';
import { type Played, printReport } from './report.ts';
import { claimFolder, FOLDER } from './results-folder.ts';
import { play, setScenes } from './scenes.ts';
import { followSessions } from './timeline.ts';
import { startWorker } from './worker.ts';

/** The worker's usual port; any other where it is taken. */
const PORT = 8000;
/** So that one sees a session being processed. */
const MODEL_LATENCY_MS = 1200;
const LIMIT_MS = 120_000;

/** Whether to end after the scenes. Throws a SetupError on any other argument. */
function endsByItself(): boolean {
  try {
    return parseArgs({ options: { once: { type: 'boolean', default: false } } }).values.once;
  } catch (error) {
    throw new SetupError(`${(error as Error).message}: the demo takes --once only.`);
  }
}

/** Pushes every scene's task (each has a customer of its own) and follows the sessions to their ends. */
async function playScenes(platform: Platform): Promise<Played[]> {
  const scenes = await setScenes(platform);
  const before = await Promise.all(scenes.map(({ customer }) => balanceOf(platform, customer)));
  const played: Played[] = [];
  for (const [index, scene] of scenes.entries()) {
    const tryOn = await play(platform, scene);
    const creditsBefore = before[index] ?? 0;
    const creditsDue = creditsBefore - (scene.mustEnd === 'completed' ? 1 : 0);
    played.push({ scene, tryOn, creditsBefore, creditsDue });
  }
  console.log(`\n  ${played.length} tasks pushed with LPUSH\n`);
  const sessions = played.map(({ scene, tryOn }) => ({ name: scene.name, tryOn }));
  await followSessions(platform, sessions, LIMIT_MS);
  return played;
}

async function demo(signal: AbortSignal): Promise<number> {
  const once = endsByItself();
  await using _results = await claimFolder();
  console.log('· starting Redis, Postgres, a Supabase and a local image model …');
  await using stack = await startLocalStack({ openai: { latencyMs: MODEL_LATENCY_MS } });
  await using platform = openPlatform(stack);
  signal.throwIfAborted();
  console.log('· starting the worker …');
  const bodyPhoto = await uploadBodyPhoto(platform);
  await using playground = await startPlayground(platform);
  const env = {
    ...stack.env,
    HOST: LOOPBACK,
    EXAMPLE_PHOTO_URL: bodyPhoto,
    CONSOLE_ORDERS_URL: playground.url,
  };
  const startAt = (port: number) => startWorker({ ...env, PORT: String(port) }, FOLDER, signal);
  await using worker = await startAt(PORT).catch(() => startAt(0));
  if (!worker.address.endsWith(`:${PORT}`))
    console.log(`· port ${PORT} is in use; this worker is on ${worker.address}`);
  if (!once) console.log(`\n  The console: ${worker.address}/console/\n`);

  const showAll = async () => {
    const played = await playScenes(platform);
    console.log();
    const isRight = await printReport(platform, played, FOLDER);
    return { isRight, isSized: await showBody(worker.address, bodyPhoto, FOLDER) };
  };
  const { isRight, isSized } = await unlessAborted(showAll(), signal);
  console.log(`  the worker's log: ${FOLDER}/worker.log`);
  if (!once) {
    console.log(`\n  health ${worker.address}/health   docs ${worker.address}/docs`);
    console.log('\n  Serving until Ctrl-C. Order try-ons of your own in the console.');
    console.log('  For curl (README) and bin/wearon, paste this into another terminal:\n');
    const exported = { ...stack.env, CONSOLE_ORDERS_URL: playground.url, PHOTO: bodyPhoto };
    for (const [name, value] of Object.entries(exported))
      console.log(`  export ${name}='${value}'`);
    await aborted(signal);
    console.log('\n· stopping …');
  }
  return isRight && isSized ? 0 : 1;
}

await runUntilSignal(demo);
