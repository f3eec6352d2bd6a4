/**
 * `doctor`: checks everything that the worker depends on, with a fix for what is wrong.
 */
import type { Command } from 'commander';
import { PROVIDER_NAMES, type ProviderName } from '../config/providers.ts';
import type { Config } from '../config.ts';
import type { Answer } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { checkBreaker } from './doctor/breaker.ts';
import { type Check, fail } from './doctor/check.ts';
import { checkRedis } from './doctor/redis.ts';
import { checkSizeCharts } from './doctor/size-charts.ts';
import { checkSupabase } from './doctor/supabase.ts';
import { checkWebhooks } from './doctor/webhooks.ts';
import { counted } from './table.ts';

export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description(
      'Check Redis, Supabase, the image providers, the pose models, the size charts, the webhooks and the clocks',
    )
    .action(run(examine));
}

/** Of each provider that a channel names. Slow to load, and no other command needs them. */
const PROVIDER_CHECKS: Readonly<Record<ProviderName, (config: Config) => Promise<Check[]>>> = {
  openai: async (config) =>
    survive('OpenAI', (await import('./doctor/openai.ts')).checkOpenai(config)),
  replicate: async (config) =>
    survive('Replicate', (await import('./doctor/replicate.ts')).checkReplicate(config)),
};

async function examine({ config, supabase }: CliContext): Promise<Answer> {
  const named = PROVIDER_NAMES.filter((name) => config.providersInUse.includes(name));
  const { checkPoseModels } = await import('./doctor/pose.ts');
  const parts = await Promise.all([
    survive('Redis', checkRedis(config.redisUrl)),
    survive('Supabase', checkSupabase(supabase, config)),
    ...named.map((name) => PROVIDER_CHECKS[name](config)),
    survive('paid calls', checkBreaker(config)),
    checkPoseModels(config.poseModelPath),
    checkSizeCharts(config.sizeChartsFile),
    survive('webhooks', checkWebhooks(config)),
  ]);
  const checks = parts.flat();
  const count = (state: Check['state']) => checks.filter((check) => check.state === state).length;
  const summary = { ok: count('ok'), warn: count('warn'), fail: count('fail') };
  return {
    data: { ...summary, checks },
    text: describe(checks, summary),
    isFine: summary.fail === 0,
  };
}

/** A malformed answer of one part must not hide the findings of the others. */
async function survive(name: string, checks: Promise<Check[]>): Promise<Check[]> {
  return checks.catch((error: Error) => [
    fail(name, `gives a malformed answer (${error.name})`, 'see its own status and logs'),
  ]);
}

function describe(checks: readonly Check[], summary: { warn: number; fail: number }): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ state, name, finding, fix }) => [
    `${state.padEnd(4)}  ${name.padEnd(width)}  ${finding}`,
    ...(fix === null ? [] : [`      ${' '.repeat(width)}  → ${fix}`]),
  ]);
  const verdict =
    summary.fail + summary.warn === 0
      ? 'All is well.'
      : `${counted(summary.fail, 'error')}, ${counted(summary.warn, 'warning')}.`;
  return [...lines, '', verdict].join('\n');
}
