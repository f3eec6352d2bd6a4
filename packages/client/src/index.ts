/** Everything that the package offers. */
export {
  enqueueTryOn,
  type TaskList,
  TRY_ON_LIST,
  type TryOnTask,
  tryOnMessage,
} from './enqueue-try-on.ts';
export {
  type BodyEstimate,
  estimateBody,
  type SizeAnswer,
  type SizeChart,
  type SizeClient,
  type SizeRequest,
} from './estimate-body.ts';
export {
  type TryOnEnded,
  verifyWebhook,
  WebhookError,
  type WebhookHeaders,
} from './verify-webhook.ts';
export { type TryOnState, type TryOnWatch, watchTryOn } from './watch-try-on.ts';
