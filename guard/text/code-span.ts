// Code spans and fenced blocks of CommonMark (sections 6.1 and 4.5). Each ends at a run of backquotes, so it begins
// with one that its text does not hold.

export function codeSpan(text: string): string {
  if (text === '') return '';
  const nLongest = longestRun(text);
  const fence = '`'.repeat(nLongest + 1);
  // One space at both ends is taken off again when the span is drawn.
  const gap = nLongest > 0 || (text.startsWith(' ') && text.endsWith(' ') && /[^ ]/.test(text)) ? ' ' : '';
  return `${fence}${gap}${text}${gap}${fence}`;
}

/** What stands on the lines before and after a block of such text. */
export const blockFence = (text: string): string => '`'.repeat(Math.max(3, longestRun(text) + 1));

function longestRun(text: string): number {
  let nLongest = 0;
  for (const [run] of text.matchAll(/`+/g)) nLongest = Math.max(nLongest, run.length);
  return nLongest;
}
