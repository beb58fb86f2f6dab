// How many lines an edit brings. Pure.

/** Lines of text that changes put in, those that they only touch among them. */
export function insertedLines(changes: readonly { readonly text: string }[]): number {
  let n = 0;
  for (const { text } of changes) if (text !== '') n += text.split(/\r\n|\r|\n/).length;
  return n;
}
