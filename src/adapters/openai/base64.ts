/** Base64 as vendors and gateways send it. */

/** Base64, which gateways wrap into lines or put into a data URL; null for anything else. */
export function decodeBase64(text: string): Buffer | null {
  return (
    decodePlain(text) ?? decodePlain(text.replace(/^data:[^,]{0,100},/, '').replace(/\s+/g, ''))
  );
}

/** Null for anything that is not base64: Node skips it, so that fewer bytes come out than promised. */
export function decodePlain(base64: string): Buffer | null {
  const bytes = Buffer.from(base64, 'base64');
  let digits = base64.length;
  while (digits > 0 && base64[digits - 1] === '=') digits -= 1;
  return bytes.length > 0 && bytes.length === Math.floor((digits * 3) / 4) ? bytes : null;
}
