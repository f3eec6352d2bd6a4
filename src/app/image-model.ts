/**
 * What the catalogue says of the configured image model, before anything starts.
 */
import { acceptsSize, modelState } from '../adapters/openai/catalogue.ts';
import { type Config, ConfigError } from '../config.ts';

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
      warn(
        `OPENAI_IMAGE_MODEL ${model} is shut down on ${life.shutdownDate}: use ${life.successor}`,
      );
      return;
    case 'retired':
      throw new ConfigError([
        `OPENAI_IMAGE_MODEL ${model} was shut down on ${life.shutdownDate} (example: OPENAI_IMAGE_MODEL=${life.successor})`,
      ]);
    default:
      life satisfies never;
  }
}
