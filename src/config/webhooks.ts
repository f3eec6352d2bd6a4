/** Variables of the webhooks. */
import { list, optionalText, parseOrigin, type Variable } from './variable.ts';

export const WEBHOOK_VARIABLES = {
  webhookUrl: optionalText('WEBHOOK_URL', {
    about:
      'Where every ended session is announced by a signed webhook (docs/webhooks.md): https. Empty: nowhere.',
    example: 'https://platform.example.com/api/webhooks/try-on',
  }),
  webhookSecret: optionalText('WEBHOOK_SECRET', {
    about: 'Signs the webhooks to WEBHOOK_URL: whsec_ and 24 to 64 random bytes in base64. Secret.',
    example: 'whsec_…',
  }),
  webhooksFile: optionalText('WEBHOOKS_FILE', {
    about:
      "Path of a JSON file with stores' own webhooks: their ids, each with url and secret. Keep it as secret as a key.",
    example: './webhooks.json',
  }),
  webhookTrustedOrigins: list(
    'WEBHOOK_TRUSTED_ORIGINS',
    {
      about:
        'Origins that webhooks may be sent to as they stand, even inside the network or without TLS, comma-separated.',
      example: 'http://platform.internal:3000',
    },
    parseOrigin,
  ),
} as const satisfies Record<string, Variable>;
