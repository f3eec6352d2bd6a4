/** The estimators that SIZE_ESTIMATOR chooses from. */
import type { BodyEstimate, EstimatorName } from './body-estimate.ts';
import { estimateClassic } from './classic.ts';
import { estimateFromEvidence } from './estimate-body.ts';
import type { Figures } from './figure.ts';
import type { PersonFacts } from './person.ts';
import { photoEvidence } from './photo-evidence.ts';
import type { SizeChart } from './size-chart.ts';

interface BodyRequest {
  readonly figures: Figures;
  readonly facts: PersonFacts;
  readonly chart: SizeChart;
}

export interface Estimator {
  readonly name: EstimatorName;
  /** Measures whatever pose there is, as the original did; otherwise only photos that the photo check accepts. */
  readonly takesAnyPose: boolean;
  /** Recommends sizes of any chart, not only of the original's. */
  readonly takesCharts: boolean;
  /** Measurements and a size. Does not judge whether the photo is usable: that is `checkPhoto`. */
  readonly estimate: (request: BodyRequest) => BodyEstimate;
}

export const ESTIMATORS: Readonly<Record<EstimatorName, Estimator>> = {
  calibrated: {
    name: 'calibrated',
    takesAnyPose: false,
    takesCharts: true,
    estimate: ({ figures, facts, chart }) =>
      estimateFromEvidence(facts, photoEvidence(figures, facts.heightCm), chart),
  },
  classic: {
    name: 'classic',
    takesAnyPose: true,
    takesCharts: false,
    estimate: ({ figures, facts }) => estimateClassic(figures.asTaken.pose, facts.heightCm),
  },
};
