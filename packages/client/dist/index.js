/** Everything that the package offers. */
export { enqueueTryOn, TRY_ON_LIST, tryOnMessage, } from './enqueue-try-on.js';
export { estimateBody, } from './estimate-body.js';
export { verifyWebhook, WebhookError, } from './verify-webhook.js';
export { watchTryOn } from './watch-try-on.js';
