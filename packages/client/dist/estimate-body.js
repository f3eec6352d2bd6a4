/**
 * Asks the worker for a size (`POST /estimate-body`). Its types are held to the worker's own by
 * test/http/example-client.test.ts.
 */
const TIMEOUT_MS = 5000;
const RETRY_AFTER_SECONDS = 2;
const TRY_LATER = { kind: 'try_later', retryAfterSeconds: RETRY_AFTER_SECONDS };
const PHOTO_CODES = ['INVALID_IMAGE', 'PHOTO_NOT_USABLE'];
/** Asks for a size. Never rejects: a worker that is away is a reason to try later. */
export async function estimateBody({ workerUrl, secret, timeoutMs = TIMEOUT_MS }, request, requestId) {
    const headers = new Headers({ 'content-type': 'application/json', 'x-request-id': requestId });
    if (secret !== undefined)
        headers.set('x-worker-secret', secret);
    try {
        const answer = await fetch(new URL('/estimate-body', workerUrl), {
            method: 'POST',
            headers,
            body: JSON.stringify(request),
            signal: AbortSignal.timeout(timeoutMs),
        });
        return await read(answer);
    }
    catch {
        return TRY_LATER;
    }
}
async function read(answer) {
    if (answer.ok)
        return { kind: 'estimated', estimate: (await answer.json()) };
    if (answer.status >= 500 || answer.status === 429) {
        const seconds = Number(answer.headers.get('retry-after') ?? RETRY_AFTER_SECONDS);
        return { kind: 'try_later', retryAfterSeconds: seconds };
    }
    const { code = '', reasons = [], advice = [] } = (await answer.json());
    // The photo's host did not answer, which says nothing about the photo.
    if (code === 'IMAGE_UNAVAILABLE')
        return TRY_LATER;
    return PHOTO_CODES.includes(code)
        ? { kind: 'unusable_photo', reasons, advice }
        : { kind: 'refused', status: answer.status, code };
}
