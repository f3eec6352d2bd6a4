/** The vendor's answer once all of it is there, in the form that SDKs expect. */

const BODILESS = [204, 205, 304];
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The answer as a Response. Its text comes straight from the bytes: through the Response's own stream
 * it takes eight times as long.
 */
export function toResponse(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer<ArrayBuffer>,
): Response {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  const init = { status, headers: pairs };
  if (BODILESS.includes(status)) return new Response(null, init);
  const text = async () => {
    const decoded = body.toString();
    return decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
  };
  return Object.assign(new Response(body, init), {
    text,
    json: async (): Promise<unknown> => JSON.parse(await text()),
  });
}

/** No call is redirected: its base URL is wrong, such as http where the vendor wants https. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
