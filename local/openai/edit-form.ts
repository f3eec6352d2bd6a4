/**
 * The multipart form of `POST /v1/images/edits`, held to what the vendor accepts.
 */
import { createHash } from 'node:crypto';
import { acceptsSize, describeModel, modelState } from '../../src/adapters/openai/catalogue.ts';
import { Refusal } from './vendor-errors.ts';

export interface UploadedImage {
  /** The file name of its part. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

export type OutputFormat = 'png' | 'jpeg' | 'webp';

export interface EditForm {
  readonly images: readonly UploadedImage[];
  readonly prompt: string;
  readonly model: string;
  readonly quality: string;
  readonly width: number;
  readonly height: number;
  readonly format: OutputFormat;
  readonly safetyIdentifier: string | null;
  /** All text fields as they came, but the prompt. */
  readonly parameters: Readonly<Record<string, string>>;
}

const MAX_IMAGES = 16;
const MAX_IMAGE_BYTES = 50 * 1024 * 1024;
const MAX_PROMPT_CHARACTERS = 32_000;
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'];

/** The text parameters except the prompt, with the values they may have. */
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  model: /^.+$/,
  n: /^([1-9]|10)$/,
  size: /^(auto|\d+x\d+)$/,
  quality: /^(low|medium|high|xhigh|max|auto)$/,
  output_format: /^(png|jpeg|webp)$/,
  output_compression: /^(\d{1,2}|100)$/,
  background: /^(transparent|opaque|auto)$/,
  complexity: /^(low|medium|high)$/,
  input_fidelity: /^(low|high)$/,
  moderation: /^(low|auto)$/,
  safety_identifier: /^.{1,64}$/,
  stream: /^(true|false)$/,
  partial_images: /^[0-3]$/,
  user: /^.*$/,
};

/** Reads the form; throws a Refusal where the vendor would refuse it. */
export async function readEditForm(body: Buffer, contentType: string): Promise<EditForm> {
  const form = await parse(body, contentType);
  const files = [...form.getAll('image'), ...form.getAll('image[]')];
  const fields = textFields(form);
  const { prompt, ...parameters } = fields;
  checkPrompt(prompt);
  checkParameters(parameters);
  const images = await readImages(files);
  const size = /^(\d+)x(\d+)$/.exec(parameters.size ?? '');
  return {
    images,
    prompt,
    model: parameters.model ?? 'gpt-image-2',
    quality: (parameters.quality ?? 'auto').replace('auto', 'medium'),
    width: Number(size?.[1] ?? 1024),
    height: Number(size?.[2] ?? 1024),
    format: (parameters.output_format ?? 'png') as OutputFormat,
    safetyIdentifier: parameters.safety_identifier ?? null,
    parameters,
  };
}

async function parse(body: Buffer, contentType: string): Promise<FormData> {
  const response = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } });
  return response.formData().catch(() => {
    throw new Refusal(400, { message: 'Could not parse the multipart form.' });
  });
}

function textFields(form: FormData): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of form.entries()) {
    if (typeof value === 'string') fields[name] = value;
    else if (name !== 'image' && name !== 'image[]') throw unknownParameter(name);
  }
  return fields;
}

function unknownParameter(name: string): Refusal {
  const message = `Unknown parameter: '${name}'.`;
  return new Refusal(400, { message, param: name, code: 'unknown_parameter' });
}

function invalidValue(name: string, message: string): Refusal {
  return new Refusal(400, { message, param: name, code: 'invalid_value' });
}

function missing(name: string): Refusal {
  const message = `Missing required parameter: '${name}'.`;
  return new Refusal(400, { message, param: name, code: 'missing_required_parameter' });
}

function checkPrompt(prompt: string | undefined): asserts prompt is string {
  if (!prompt) throw missing('prompt');
  if (prompt.length > MAX_PROMPT_CHARACTERS) {
    const message = `Invalid 'prompt': string too long. Expected at most ${MAX_PROMPT_CHARACTERS} characters.`;
    throw new Refusal(400, { message, param: 'prompt', code: 'string_above_max_length' });
  }
}

function checkParameters(parameters: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(parameters)) {
    const values = PARAMETERS[name];
    if (values === undefined) throw unknownParameter(name);
    if (!values.test(value)) throw invalidValue(name, `Invalid value for '${name}'.`);
  }
  const { model = 'gpt-image-2', quality, size } = parameters;
  const facts = describeModel(model);
  if (modelState(model, new Date()).state === 'retired') {
    const message = `The model '${model}' has been shut down.`;
    throw new Refusal(404, { message, param: 'model', code: 'model_not_found' });
  }
  if (facts === null) return;
  if (parameters.input_fidelity && !facts.inputFidelity) throw unknownParameter('input_fidelity');
  if (parameters.complexity && !facts.complexity) throw unknownParameter('complexity');
  if (quality && !(facts.qualities as readonly string[]).includes(quality))
    throw invalidValue('quality', `Invalid value: '${quality}' for this model.`);
  if (size && size !== 'auto' && !acceptsSize(model, size))
    throw invalidValue('size', `Invalid size '${size}' for this model.`);
}

async function readImages(files: readonly (File | string)[]): Promise<UploadedImage[]> {
  if (files.length === 0) throw missing('image');
  if (files.length > MAX_IMAGES)
    throw invalidValue('image', `Too many images: at most ${MAX_IMAGES} are allowed.`);
  return Promise.all(files.map(readImage));
}

async function readImage(file: File | string): Promise<UploadedImage> {
  if (typeof file === 'string') throw invalidValue('image', 'Expected a file.');
  if (!IMAGE_TYPES.includes(file.type)) {
    const message = `Invalid file 'image': unsupported mimetype ('${file.type}').`;
    throw new Refusal(400, { message, param: 'image', code: 'unsupported_file_mimetype' });
  }
  if (file.size > MAX_IMAGE_BYTES) throw new Refusal(413, { message: 'Image too large.' });
  const bytes = Buffer.from(await file.arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name: file.name, type: file.type, bytes, sha256 };
}
