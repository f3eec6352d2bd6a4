/**
 * `try` from the photos to the sheet. No photo goes anywhere but to the providers, prepared and
 * without metadata as a task's are; nothing is stored but in the folder.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PosePool } from '../../adapters/mediapipe/pose-pool.ts';
import { RedisDailyBudget } from '../../adapters/redis/daily-budget.ts';
import { TrialGate } from '../../adapters/redis/gate/trial-gate.ts';
import { checkImageModel } from '../../app/openai.ts';
import { Semaphore } from '../../concurrency/semaphore.ts';
import { PROVIDERS } from '../../config/providers.ts';
import type { Config } from '../../config.ts';
import { TaskError } from '../../errors.ts';
import { ByteBudget, DOWNLOAD_BUDGET_BYTES } from '../../images/byte-budget.ts';
import { DECODE_BUDGET_BYTES } from '../../images/decode.ts';
import { checkTrialPerson, prepareTrial, trialTask } from '../../operations/trial-picture.ts';
import type { WorkerEvent } from '../../ports/events.ts';
import type { NamedImage } from '../../ports/image-provider.ts';
import type { PictureViewer } from '../../ports/picture-views.ts';
import { type Answer, ProblemError, UsageError } from '../answer.ts';
import type { CliContext } from '../cli-context.ts';
import { readGivenFile } from '../read-file.ts';
import { counted } from '../table.ts';
import { describeForecast, describeTried } from './describe.ts';
import { isFree, parseSettings, requireKeys, settingOf, type TrialSetting } from './setting.ts';
import { sheetOf } from './sheet.ts';
import { type Plan, planOf, tryPlan } from './tried.ts';

export interface TryOptions {
  readonly yes?: boolean;
  readonly compare?: string;
  readonly channel: 'b2b' | 'b2c';
  readonly out?: string;
}

const SHEET = 'sheet.html';
/** The folder holds photos of a person. */
const FOR_OWNER = { folder: 0o700, file: 0o600 } as const;
const FOREVER = new AbortController().signal;

/** Makes the pictures that the operator agreed to pay for. */
export async function tryOn(
  context: CliContext,
  files: readonly string[],
  options: TryOptions,
): Promise<Answer> {
  const { config } = context;
  const settings = settingsOf(options, config);
  if (files.length > config.maxImages) {
    throw new UsageError(`A task may have ${config.maxImages} images (MAX_IMAGES).`);
  }
  const photos = await Promise.all(files.map(readGivenFile));
  const folder = options.out ?? `wearon-try-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  if (await isThere(join(folder, SHEET))) {
    throw new UsageError(`${folder} holds a sheet already: name another folder with --out.`);
  }
  await using stack = new AsyncDisposableStack();
  const startedAtMs = performance.now();
  const images = await prepared(photos, files);
  const preparedSeconds = Math.round(performance.now() - startedAtMs) / 1000;
  const viewer = stack.use(await openViewer(config));
  const person = await personFinding(images, viewer, config);
  const plans = await plansFor(settings, images, { context, stack });
  context.announce(describeForecast(plans, person));
  if (isFree(settings, config)) context.announce('The local stack bills nothing.');
  else await context.confirm(questionOf(plans, files.length - 1), options.yes);

  const save = await openFolder(folder);
  const parts = {
    viewer,
    budget: new RedisDailyBudget(await context.redis(), config.dailyBudgetUsd, () => undefined),
    settings: { ...config, personCheck: 'off', pictureCheck: 'observe', maxProviderCalls: 1 },
  } as const;
  const pictures = await Promise.all(
    plans.map(async (plan, at) => {
      const tried = await tryPlan(plan, images, parts);
      const file = tried.jpeg && (await save(pictureName(at, plan), tried.jpeg));
      context.announce(`${plan.label}: ${tried.failure?.code ?? 'made'}`);
      return { ...tried, file };
    }),
  );
  const sheet = await save(SHEET, sheetOf({ images, pictures, person, preparedSeconds }));
  const tried = pictures.map(({ jpeg: _, ...rest }) => rest);
  return {
    data: { sheet, preparedSeconds, person, pictures: tried },
    text: `${describeTried(pictures, preparedSeconds)}\n\nThe sheet is ${sheet}`,
    isFine: pictures.every(({ failure }) => failure === null),
  };
}

/** What is tried, checked as far as it can be without asking a provider. Throws a UsageError or a ConfigError. */
function settingsOf({ compare, channel }: TryOptions, config: Config): TrialSetting[] {
  const own = config.channels[channel];
  const settings = compare === undefined ? [settingOf(own)] : parseSettings(compare, own);
  requireKeys(settings, config);
  for (const { provider, channel: asked } of settings) {
    if (provider === 'openai') checkImageModel(config, asked, () => undefined);
  }
  return settings;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Throws a ProblemError for a photo that no task could use; nothing is paid. */
async function prepared(
  photos: readonly Buffer[],
  files: readonly string[],
): Promise<readonly NamedImage[]> {
  const deps = {
    downloads: new ByteBudget(DOWNLOAD_BUDGET_BYTES),
    decodeMemory: new Semaphore(DECODE_BUDGET_BYTES),
    record: () => undefined,
  };
  try {
    return await prepareTrial(trialTask(photos.length, 'wearon-try'), photos, deps, FOREVER);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    throw refusal(error, files.join(', '));
  }
}

function refusal(error: TaskError, files: string): ProblemError {
  return new ProblemError(
    `${error.message}: ${error.publicText} Nothing was paid. The files: ${files}`,
    { cause: error },
  );
}

/** The pose threads, once their models are loaded or known to be missing. */
async function openViewer({ poseModelPath }: Config): Promise<PosePool> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const pool = new PosePool({
    modelFolder: poseModelPath,
    threads: 1,
    onReady: resolve,
    onProblem: () => resolve(),
  });
  await promise;
  return pool;
}

/**
 * What the person check finds: null for nothing. Throws a ProblemError where PERSON_CHECK=enforce
 * would fail a task, unpaid.
 */
async function personFinding(
  images: readonly NamedImage[],
  viewer: PictureViewer,
  settings: Config,
): Promise<string | null> {
  let skipped: string | null = null;
  const record = (event: WorkerEvent) => {
    if (event.event === 'check_skipped') skipped = `not checked: ${event.reason}`;
  };
  const task = trialTask(images.length, 'wearon-try');
  try {
    await checkTrialPerson(task, images, { viewer, settings, record }, FOREVER);
    return skipped;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    if (settings.personCheck === 'enforce') throw refusal(error, 'PERSON_CHECK=enforce');
    return error.detail;
  }
}

async function plansFor(
  settings: readonly TrialSetting[],
  images: readonly NamedImage[],
  { context, stack }: { context: CliContext; stack: AsyncDisposableStack },
): Promise<Plan[]> {
  const { config } = context;
  const redis = await context.redis();
  return settings.map((setting) => {
    const { provider } = setting;
    const gate = new TrialGate(redis, provider, config[PROVIDERS[provider].callsPerMinute]);
    return planOf(setting, images, { config, stack, gate });
  });
}

function questionOf(plans: readonly Plan[], garments: number): string {
  const known = plans.flatMap(({ forecastUsd }) => forecastUsd ?? []);
  const usd = known.reduce((sum, each) => sum + each, 0).toFixed(4);
  const unknown = plans.length - known.length;
  const rest = unknown === 0 ? '' : `, and ${unknown} at a price that is not known`;
  const what = plans.length === 1 ? 'One picture' : `${plans.length} pictures`;
  return `${what} with ${counted(garments, 'garment')} for about $${usd}${rest}: pay?`;
}

/** Makes the folder before anything is paid; what it returns writes a file there and gives its path. */
async function openFolder(folder: string) {
  await mkdir(folder, { recursive: true, mode: FOR_OWNER.folder }).catch((error: Error) => {
    throw new UsageError(`${folder} cannot be made: ${error.message}`);
  });
  return async (name: string, content: Uint8Array | string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: FOR_OWNER.file });
    return path;
  };
}

const LONGEST_NAME = 80;

function pictureName(at: number, { label }: Plan): string {
  const words = label.replaceAll(/[^\w.=-]+/g, '-').slice(0, LONGEST_NAME);
  return `${at + 1}-${words}.jpg`;
}
