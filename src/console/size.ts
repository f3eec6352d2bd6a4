/**
 * A size from an uploaded photo: the answer of `/estimate-body`, and where the breadths were read.
 */
import type { FastifyInstance } from 'fastify';
import type { EstimateBodyDeps } from '../http/estimate-body.ts';
import { estimateBodyRequest } from '../http/estimate-body-schemas.ts';
import { answerOf, orderOf } from '../http/size-answer.ts';
import type { PhotoObservation } from '../pose.ts';
import { sizeFromImage } from '../size-pipeline/recommend-size.ts';
import { figuresIn } from '../sizing/figure.ts';
import { measurePhoto } from '../sizing/measure-photo.ts';
import { ORIGINAL_CHART } from '../sizing/size-chart.ts';
import { parse, refusal } from './parse.ts';
import { filesOf, formOf } from './uploads.ts';

const DEADLINE_MS = 20_000;
/** Stands for the upload where a request has a link. */
const UPLOAD = 'https://upload.invalid/';
/** Of the form's fields, which are all texts. */
const NUMBERS = ['height_cm', 'weight_kg', 'age'];

export function addSize(api: FastifyInstance, deps: EstimateBodyDeps): void {
  const { takesCharts } = deps.estimator;
  const charts = takesCharts ? deps.charts : [ORIGINAL_CHART];
  const names = charts.map(({ name }) => name);
  const schema = estimateBodyRequest(names, takesCharts);
  api.get('/size', async () => ({ charts: names }));

  api.post('/size', async (request, reply) => {
    const form = await formOf(request);
    const [photo] = await filesOf(form, 'photo');
    if (photo === undefined) throw refusal(400, 'Choose a photo.');
    if (!deps.poses.ready) throw refusal(503, 'The pose models are not loaded yet.');
    const body = parse(schema, { ...factsOf(form), image_url: UPLOAD });
    const order = orderOf(body, charts);
    const outcome = await sizeFromImage(photo, order, deps, AbortSignal.timeout(DEADLINE_MS));
    if (outcome.kind === 'refused') {
      const { code, reasons, advice } = outcome;
      return reply.code(422).send({ error: 'This photo cannot be used.', code, reasons, advice });
    }
    return { ...answerOf(outcome, false), photo: linesOf(outcome.photo, body.height_cm) };
  });
}

function factsOf(form: FormData): Record<string, string | number> {
  const given = [...form].filter(([, value]) => typeof value === 'string' && value !== '');
  return Object.fromEntries(
    given.map(([name, value]) => [name, NUMBERS.includes(name) ? Number(value) : String(value)]),
  );
}

/** Where the photo was measured, in pixels of the upright photo. */
function linesOf(photo: PhotoObservation, heightCm: number) {
  const { widthPx, heightPx } = photo;
  const figures = figuresIn(photo);
  const measured = figures && measurePhoto(figures.asTaken, heightCm);
  const { cmPerPx = null, breadths = [] } = measured ?? {};
  return { widthPx, heightPx, cmPerPx, breadths };
}
