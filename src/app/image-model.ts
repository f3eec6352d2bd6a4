/**
 * How long the configured image model lives: by the catalogue before anything starts, and by the
 * vendor's own list once a day.
 */
import {
  acceptsSize,
  describeModel,
  lifeUntil,
  type ModelState,
  modelState,
} from '../adapters/openai/catalogue.ts';
import type { OpenAiImageModel } from '../adapters/openai/image-model.ts';
import { type Config, ConfigError } from '../config.ts';
import { repeat } from '../repeat.ts';

/**
 * Warns when the configured model is shut down soon; throws a ConfigError when it is already, or
 * cannot make the size. A model that the catalogue does not know is the adapter's to warn of.
 */
export function checkImageModel(
  { openaiImageModel: model, openaiImageSize: size }: Config,
  warn: (warning: string) => void,
): void {
  if (!acceptsSize(model, size)) {
    throw new ConfigError([
      `OPENAI_IMAGE_SIZE ${size} is not a size of ${model} (example: OPENAI_IMAGE_SIZE=1024x1536)`,
    ]);
  }
  const life = modelState(model, new Date());
  switch (life.state) {
    case 'usable':
    case 'unknown':
      return;
    case 'retiring':
      warn(retirementOf(model, life));
      return;
    case 'retired':
      throw new ConfigError([
        `OPENAI_IMAGE_MODEL ${model} was shut down on ${life.shutdownDate} (example: OPENAI_IMAGE_MODEL=${life.successor})`,
      ]);
    default:
      life satisfies never;
  }
}

function retirementOf(model: string, life: Extract<ModelState, { successor: string }>): string {
  return `OPENAI_IMAGE_MODEL ${model} is shut down on ${life.shutdownDate}: use ${life.successor}`;
}

/** The model in use, and the day (YYYY-MM-DD) on which it ends as far as anybody said. */
export interface ImageModelLife extends Disposable {
  readonly name: string;
  readonly shutdownDate: string | null;
}

const DAY_MS = 86_400_000;

/**
 * Asks the vendor at once and then daily which models it offers, and warns when ours is not among
 * them or ends soon. A vendor that does not answer the question (a gateway) changes nothing:
 * `onError` gets the reason. Disposing of it ends the asking.
 */
export function watchImageModel(
  { openaiImageModel: name }: Config,
  imageModel: Pick<OpenAiImageModel, 'listModels'>,
  warn: (warning: string) => void,
  onError: (error: Error) => void,
): ImageModelLife {
  const stop = new AbortController();
  let shutdownDate = describeModel(name)?.shutdownDate ?? null;
  const ask = async () => {
    const offered = await imageModel.listModels();
    const ours = offered.find((model) => model.name === name);
    if (ours === undefined) {
      warn(`OPENAI_IMAGE_MODEL ${name} is not among the models that the key may use`);
    } else if (ours.shutdownDate !== null) {
      shutdownDate = ours.shutdownDate;
      const life = lifeUntil(shutdownDate, new Date());
      if ('successor' in life) warn(retirementOf(name, life));
    }
  };
  void repeat(ask, DAY_MS, stop.signal, onError);
  return {
    name,
    get shutdownDate() {
      return shutdownDate;
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}
