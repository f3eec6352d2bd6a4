/** The dead letters: listed without their messages, replayed, dropped. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { dropLetter, type FiledLetter, replayLetter } from '../adapters/redis/dead-letters.ts';
import { lettersNamed, listLetters, obstacleTo } from '../operations/dead-letters.ts';
import type { OperationDeps } from '../operations/deps.ts';
import type { OpenOperations } from './operation-connection.ts';
import { parse, refusal } from './parse.ts';

const named = z.object({ id: z.string().regex(/^[0-9a-f]{12}$/) });

export function addDeadLetters(api: FastifyInstance, open: OpenOperations): void {
  api.get('/dead-letters', async () => ({ letters: await listLetters(await open()) }));

  api.post('/dead-letters/:id/replay', async (request) => {
    const { id } = parse(named, request.params);
    const { force } = parse(z.object({ force: z.boolean().default(false) }), request.body ?? {});
    const deps = await open();
    const letter = await letterOf(deps, id);
    const obstacle = await obstacleTo(deps, letter, force);
    if (obstacle !== null) throw refusal(409, obstacle.reason);
    if (!(await replayLetter(deps.redis, letter))) throw gone();
    return { replayed: id };
  });

  api.post('/dead-letters/:id/drop', async (request) => {
    const { id } = parse(named, request.params);
    const deps = await open();
    if (!(await dropLetter(deps.redis, await letterOf(deps, id)))) throw gone();
    return { dropped: id };
  });
}

async function letterOf(deps: OperationDeps, id: string): Promise<FiledLetter> {
  const [letter] = await lettersNamed(deps, id);
  if (letter === undefined) throw gone();
  return letter;
}

function gone(): Error {
  return refusal(404, 'This dead letter is gone.');
}
