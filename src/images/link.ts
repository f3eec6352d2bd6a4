/** Links to images as people paste them: one rule for tasks and for sizes. */

/**
 * The longest link, in characters. Signed links have up to some 2,400; many servers refuse request
 * lines over 8 KiB.
 */
export const MAX_LINK_CHARACTERS = 8_192;

/** The link without the white space around it, and with the spaces inside escaped, as browsers do. */
export function tidyLink(text: string): string {
  return text.trim().replaceAll(' ', '%20');
}
