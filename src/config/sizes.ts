/** Variables of `/estimate-body` and the pose models. */
import { join } from 'node:path';
import { ESTIMATOR_NAMES } from '../sizing/body-estimate.ts';
import {
  integer,
  list,
  oneOf,
  optionalText,
  parseHost,
  type Variable,
  variable,
} from './variable.ts';

/** Where `npm run models` puts them, wherever the worker is started. */
const MODEL_FOLDER = join(import.meta.dirname, '../../models');

export const SIZE_VARIABLES = {
  sizeEstimator: oneOf('SIZE_ESTIMATOR', ESTIMATOR_NAMES, {
    about: 'How sizes are estimated; classic gives the numbers of the worker this one replaces.',
    default: 'calibrated',
  }),
  sizeChartsFile: optionalText('SIZE_CHARTS_FILE', {
    about: 'A JSON file with size charts of your own.',
    example: './size-charts.json',
  }),
  poseModelPath: variable(
    'MEDIAPIPE_MODEL_PATH',
    {
      about:
        "The folder with the converted pose models (npm run models). Empty: models in the project's folder.",
      default: '',
    },
    (value) => value || MODEL_FOLDER,
  ),
  poseWorkers: integer('POSE_WORKERS', 1, 16, {
    about: 'Pose estimation threads.',
    default: '2',
  }),
  estimateBodySecret: optionalText('ESTIMATE_BODY_SECRET', {
    about: 'When set, /estimate-body asks for it in the header X-Worker-Secret. Secret.',
    example: 'a long random text',
  }),
  estimateBodyRatePerMinute: integer('ESTIMATE_BODY_RATE_PER_MINUTE', 0, 100_000, {
    about:
      'Requests a minute that one client (an IPv4 address or an IPv6 /64) may send to /estimate-body, wrong secrets included; 0 sets no limit.',
    default: '0',
  }),
  estimateBodyHosts: list(
    'ESTIMATE_BODY_HOSTS',
    {
      about:
        'Allowed hosts of photos for sizes, in addition to the host of SUPABASE_URL, its subdomains and the trusted origins, comma-separated. *: any host that tasks may use.',
      example: 'images.example.com',
    },
    (value) => (value === '*' ? value : parseHost(value)),
  ),
} as const satisfies Record<string, Variable>;
