/** The end of a try-on. */
export interface TryOnEnded {
    readonly type: 'try_on.completed' | 'try_on.failed';
    /** ISO 8601: when the session ended. */
    readonly timestamp: string;
    readonly data: {
        readonly session_id: string;
        readonly channel: 'b2b' | 'b2c';
        /** Null for a person's session. */
        readonly store_id: string | null;
        /** Null for a store's session. */
        readonly user_id: string | null;
        /** The client's own id of a store's session. */
        readonly request_id: string | null;
        readonly status: 'completed' | 'failed';
        readonly created_at: string;
        readonly completed_at: string;
        /** Null unless it failed. */
        readonly error: {
            /** Such as MODERATION_BLOCKED; null where the worker did not fail the session. */
            readonly code: string | null;
            /** For the shopper to read; null where the worker did not write it. */
            readonly message: string | null;
        } | null;
    };
}
/** The request is not to be believed: answer it with 400. */
export declare class WebhookError extends Error {
    readonly name = "WebhookError";
}
/** Of a request of Node or of fetch. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>;
/**
 * The message, if it was signed with the secret in the last five minutes; throws a WebhookError
 * otherwise. `body` is the request's body exactly as it came. `webhook-id` is the same for every try:
 * remember it to do nothing twice.
 */
export declare function verifyWebhook(body: string, headers: WebhookHeaders, secret: string, now?: Date): TryOnEnded;
