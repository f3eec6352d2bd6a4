/** The answer once all of it is there, in the form that SDKs expect. */

/** Text in UTF-8, without a byte order mark. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/**
 * The answer as a Response whose `text`, `json` and `bytes` come straight from the bytes, as often as
 * wanted. It has no `body`: a stream would hold a copy, and reading it takes eight times as long.
 */
export function toResponse(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer<ArrayBuffer>,
): Response {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  return Object.assign(new Response(null, { status, headers: pairs }), {
    text: async () => textOf(body),
    json: async (): Promise<unknown> => JSON.parse(textOf(body)),
    bytes: async () => body,
  });
}

/** No call is redirected: its base URL is wrong, such as http where the vendor wants https. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
