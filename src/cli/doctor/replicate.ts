/**
 * Does Replicate accept the token, and does it offer the model?
 */
import { ReplicateProvider } from '../../adapters/replicate/provider.ts';
import type { Config } from '../../config.ts';
import type { ErrorCode } from '../../error-catalogue.ts';
import { asTaskError } from '../../errors.ts';
import { type Check, fail, ok, warn } from './check.ts';

export async function checkReplicate(config: Config): Promise<Check[]> {
  const named = Object.values(config.channels).filter(({ imageProviders }) =>
    imageProviders.includes('replicate'),
  );
  const models = [...new Set(named.map(({ replicateModel }) => replicateModel))];
  return Promise.all(models.map((model) => checkModel(model, config)));
}

async function checkModel(model: string, config: Config): Promise<Check> {
  await using provider = new ReplicateProvider({
    token: config.replicateApiToken,
    baseUrl: config.replicateBaseUrl,
    model,
    fetchPicture: () => Promise.reject(new Error('no picture is made')),
  });
  try {
    await provider.check();
    return ok('Replicate', `takes the token and has ${model}`);
  } catch (error) {
    const { code, detail } = asTaskError(error);
    return problemOf(model, code, detail);
  }
}

function problemOf(model: string, code: ErrorCode, detail: string | null): Check {
  switch (code) {
    case 'PROVIDER_REFUSES_SERVICE':
      return detail === 'model_gone'
        ? fail('Replicate', `has no model ${model}`, 'set REPLICATE_MODEL to a model that it has')
        : fail('Replicate token', 'refused', 'set REPLICATE_API_TOKEN to a token that works');
    case 'PROVIDER_BUSY':
      return warn('Replicate', 'limits the rate', 'ask again in a minute');
    default:
      return fail(
        'Replicate',
        'not reachable',
        'see REPLICATE_BASE_URL and the way out of this network',
      );
  }
}
