/**
 * The image call as a stream: the pictures that the vendor sends while it draws, and the answer at
 * its end. The answer is judged from the whole body, as one without a stream is; the partial pictures
 * are read on the side, and nothing that happens there changes what the call means.
 */
import type OpenAI from 'openai';
import { APIError } from 'openai';
import type { ImageEditStreamEvent } from 'openai/resources/images';
import { Stream } from 'openai/streaming';
import { TaskError } from '../../errors.ts';
import type { Transport } from '../../http-client/transport.ts';
import type { PictureRequest } from '../../ports/image-provider.ts';
import { decodePicture } from './answer.ts';
import { type Answer, readAnswerBody } from './answer-body.ts';
import { EDITS_PATH, type EditRequest } from './edit-request.ts';

interface StreamedCall {
  readonly client: OpenAI;
  readonly transport: Transport;
  /** Asks for a stream and 1 to 3 partial pictures. The vendor may send fewer. */
  readonly edit: EditRequest;
  readonly onPartial: NonNullable<PictureRequest['onPartial']>;
}

/** Makes the call. Rejects as the call without a stream does; a stream without an end is of unknown outcome. */
export async function askStreaming(
  { client, transport, edit, onPartial }: StreamedCall,
  signal: AbortSignal,
): Promise<Answer> {
  const parts = new TransformStream<Uint8Array, Uint8Array>();
  const writer = parts.writable.getWriter();
  const fetch = transport.fetchInParts((part) => void writer.write(part).catch(() => undefined));
  void readPartials(new Response(parts.readable), client, onPartial);
  try {
    const answer = client.withOptions({ fetch }).post(EDITS_PATH, { ...edit, signal });
    return await readEnd(await answer.asResponse(), client);
  } finally {
    writer.close().catch(() => undefined);
  }
}

async function readPartials(
  answer: Response,
  client: OpenAI,
  onPartial: StreamedCall['onPartial'],
): Promise<void> {
  try {
    for await (const event of eventsIn(answer, client)) {
      if (event.type === 'image_edit.partial_image') onPartial(decodePicture(event.b64_json));
    }
  } catch {
    // What is wrong with the stream is found where its end is read.
  }
}

/** The last event in the form of an answer without a stream. */
async function readEnd(answer: Response, client: OpenAI): Promise<Answer> {
  // A gateway that knows no streams answers as always.
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    return readAnswerBody(answer);
  }
  try {
    for await (const event of eventsIn(new Response(await answer.bytes()), client)) {
      if (event.type !== 'image_edit.completed') continue;
      const { b64_json, created_at: created, usage } = event;
      return { created, data: [{ b64_json }], usage };
    }
  } catch (error) {
    if (error instanceof APIError) throw error;
    throw new TaskError('PROVIDER_OUTCOME_UNKNOWN', { cause: error });
  }
  throw new TaskError('PROVIDER_OUTCOME_UNKNOWN', { detail: 'stream_without_end' });
}

function eventsIn(answer: Response, client: OpenAI): Stream<ImageEditStreamEvent> {
  return Stream.fromSSEResponse(answer, new AbortController(), client);
}
