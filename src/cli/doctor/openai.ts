/**
 * Does OpenAI accept the key, and how long will the model be offered?
 */
import {
  acceptsSize,
  DEFAULT_IMAGE_MODEL,
  describeModel,
  MATCH,
  type ModelState,
  modelState,
} from '../../adapters/openai/catalogue.ts';
import { NO_ROUTE } from '../../adapters/openai/errors.ts';
import type { OfferedModel } from '../../adapters/openai/offered-models.ts';
import { OpenAiProvider } from '../../adapters/openai/provider.ts';
import type { ChannelSettings } from '../../config/providers.ts';
import type { Config } from '../../config.ts';
import { asTaskError, type TaskError } from '../../errors.ts';
import { type Check, clockOf, fail, ok, warn } from './check.ts';

const TIMEOUT_MS = 10_000;

export async function checkOpenai(config: Config): Promise<Check[]> {
  const named = Object.values(config.channels).filter(({ imageProviders }) =>
    imageProviders.includes('openai'),
  );
  const models = [...new Set(named.map(({ openaiImageModel }) => openaiImageModel))];
  const clock = await clockOf('OpenAI', `${config.openaiBaseUrl}/models`);
  const offered = await offeredModels(config);
  const vendor = Array.isArray(offered)
    ? [ok('OpenAI key', 'accepted'), ...models.flatMap((model) => checkOffer(model, offered))]
    : [offered];
  return [
    ...vendor,
    ...models.flatMap(checkLife),
    ...unique(named.flatMap(checkSettings)),
    ...(clock === null ? [] : [clock]),
  ];
}

/** The models that the vendor lists, or what became of asking. */
async function offeredModels(config: Config): Promise<OfferedModel[] | Check> {
  await using model = new OpenAiProvider({
    apiKey: config.openaiApiKey,
    baseUrl: config.openaiBaseUrl,
    model: config.openaiImageModel,
    quality: config.openaiImageQuality,
    size: config.openaiImageSize,
    complexity: null,
    partialImages: 0,
    timeoutMs: TIMEOUT_MS,
    useSuccessor: false,
    fetchPicture: () => Promise.reject(new Error('no picture is made')),
    warn: () => undefined,
  });
  try {
    return await model.listModels();
  } catch (error) {
    return problemOf(asTaskError(error));
  }
}

function problemOf({ code, detail }: TaskError): Check {
  switch (code) {
    case 'PROVIDER_REFUSES_SERVICE':
      if (detail === NO_ROUTE) {
        const fix = 'correct the path of OPENAI_BASE_URL: with OpenAI it is /v1';
        return fail('OpenAI', 'answers, but knows no /models at that address', fix);
      }
      return fail(
        'OpenAI key',
        'refused',
        'set OPENAI_API_KEY to a key that works; see its budget',
      );
    case 'PROVIDER_UNAVAILABLE':
    case 'PROVIDER_OUTCOME_UNKNOWN':
      return fail('OpenAI', 'not reachable', 'see OPENAI_BASE_URL and the way out of this network');
    case 'PROVIDER_BUSY':
      return warn('OpenAI', 'limits the rate', 'ask again in a minute');
    default:
      return warn('OpenAI', 'does not list its models', 'none, if OPENAI_BASE_URL is a gateway');
  }
}

/** What the vendor itself says of the model. */
function checkOffer(model: string, offered: readonly OfferedModel[]): Check[] {
  const found = offered.find(({ name }) => name === model);
  if (found === undefined) {
    const fix = 'set OPENAI_IMAGE_MODEL to a model that this key may use';
    return [fail('image model', `${model} is not among those that the key may use`, fix)];
  }
  if (found.shutdownDate === null) return [];
  return lifeCheck(model, modelState(model, new Date(), found.shutdownDate));
}

/** What this worker's own catalogue says of the model. */
function checkLife(model: string): Check[] {
  const life = modelState(model, new Date());
  const found = lifeCheck(model, life);
  if (found.length > 0) return found;
  if (life.state !== 'unknown') return [ok('image model', `${model}, no end announced`)];
  const fix =
    'correct OPENAI_IMAGE_MODEL; with a name that only your gateway knows, ignore this: costs are not known';
  return [warn('image model', `${model} is not in the catalogue`, fix)];
}

function lifeCheck(model: string, life: ModelState): Check[] {
  if (!('shutdownDate' in life)) return [];
  const fix = `set OPENAI_IMAGE_MODEL=${life.successor ?? DEFAULT_IMAGE_MODEL}`;
  return life.state === 'retired'
    ? [fail('image model', `${model} was shut down on ${life.shutdownDate}`, fix)]
    : [warn('image model', `${model} is shut down on ${life.shutdownDate}`, fix)];
}

/** Channels with the same settings have the same findings. */
function unique(checks: readonly Check[]): Check[] {
  return [...new Map(checks.map((check) => [check.finding, check])).values()];
}

function checkSettings({
  openaiImageModel,
  openaiImageSize,
  openaiImageQuality,
}: ChannelSettings): Check[] {
  const found: Check[] = [];
  if (openaiImageSize !== MATCH && !acceptsSize(openaiImageModel, openaiImageSize)) {
    const finding = `${openaiImageModel} makes no pictures of ${openaiImageSize}`;
    found.push(fail('picture size', finding, 'set OPENAI_IMAGE_SIZE=1024x1536'));
  }
  const facts = describeModel(openaiImageModel);
  if (facts !== null && !facts.qualities.includes(openaiImageQuality)) {
    const finding = `${openaiImageModel} has no quality ${openaiImageQuality}: high is asked for`;
    found.push(warn('picture quality', finding, 'set OPENAI_IMAGE_QUALITY=high'));
  }
  return found;
}
