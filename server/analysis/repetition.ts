// Whether a text only repeats itself, as models do that have lost their thread: what it shares with training data then
// says little.

/** A deflated text is smaller than that share of itself only where it repeats. */
const LEAST_RATIO = 0.1;
/** How often a block of lines must come in a row, and what share of the text that must be. */
const LEAST_TIMES = 3;
const LEAST_SHARE = 0.5;
/** A block that is longer, or a line beyond these, is not looked at. */
const MOST_BLOCK_LINES = 50;
const MOST_LINES = 2000;

/** `nBytes` are the text's, and `zlibBytes` those of it deflated. */
export function isLoop(text: string, nBytes: number, zlibBytes: number): boolean {
  if (nBytes === 0) return false;
  return zlibBytes / nBytes < LEAST_RATIO || repeatsBlock(linesOf(text));
}

const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, MOST_LINES);

/** Whether at least half of the lines are one block of lines that comes at least three times in a row. */
function repeatsBlock(lines: readonly string[]): boolean {
  const numbers = new Map<string, number>();
  const ids = Int32Array.from(lines, (line) => {
    const id = numbers.get(line) ?? numbers.size;
    numbers.set(line, id);
    return id;
  });
  // Two of three lines of such a part, a third of all, were there before.
  if (numbers.size > lines.length * (1 - (LEAST_SHARE * (LEAST_TIMES - 1)) / LEAST_TIMES)) return false;
  const most = Math.min(MOST_BLOCK_LINES, Math.floor(lines.length / LEAST_TIMES));
  for (let block = 1; block <= most; block++) {
    let nEqual = 0;
    for (let at = block; at < lines.length; at++) {
      nEqual = ids[at] === ids[at - block] ? nEqual + 1 : 0;
      const nRepeated = nEqual + block;
      if (nRepeated >= LEAST_TIMES * block && nRepeated >= LEAST_SHARE * lines.length) return true;
    }
  }
  return false;
}
