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

/** `zlibBytes` are those of the text deflated. It is decoded only where that may tell something. */
export function isLoop(text: Uint8Array, zlibBytes: number, decode: (text: Uint8Array) => string): boolean {
  if (text.length === 0) return false;
  if (zlibBytes / text.length < LEAST_RATIO) return true;
  return mayRepeat(text) && repeatsBlock(linesOf(decode(text)));
}

const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, MOST_LINES);

/** Two of three lines of the part that repeats, a third of all, were there before. */
const isVaried = (nDifferent: number, nLines: number): boolean =>
  nDifferent > nLines * (1 - (LEAST_SHARE * (LEAST_TIMES - 1)) / LEAST_TIMES);

/** Whether at least half of the lines are one block of lines that comes at least three times in a row. */
function repeatsBlock(lines: readonly string[]): boolean {
  const numbers = new Map<string, number>();
  const ids = Int32Array.from(lines, (line) => {
    const id = numbers.get(line) ?? numbers.size;
    numbers.set(line, id);
    return id;
  });
  if (isVaried(numbers.size, lines.length)) return false;
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

/** A power of two, twice as many as there are lines at most. */
const TABLE_SIZE = 4096;
const seenHashes = new Uint32Array(TABLE_SIZE);

/**
 * False only where so many lines differ that no block can repeat, which most texts show at a glance: lines of different
 * hashes differ, and those of equal hashes are taken for equal.
 */
function mayRepeat(text: Uint8Array): boolean {
  seenHashes.fill(0);
  let [nLines, nDifferent] = [0, 0];
  for (let at = 0; at < text.length && nLines < MOST_LINES; at++) {
    // 0 before the line begins; that at its last byte that is no white space is the line's.
    let [hash, hashOfLine] = [0, 0];
    for (; at < text.length && text[at] !== LF && text[at] !== CR; at++) {
      const byte = text[at]!;
      // White space beyond ASCII is left to whoever reads letters.
      if (byte >= 0x80) return true;
      const isSpace = byte === SPACE || (byte >= TAB && byte <= CR);
      if (isSpace && hash === 0) continue;
      hash = Math.imul(hash ^ byte, 0x01000193) | 1;
      if (!isSpace) hashOfLine = hash;
    }
    if (hashOfLine === 0) continue;
    nLines++;
    nDifferent += addHash(hashOfLine >>> 0);
  }
  return !isVaried(nDifferent, nLines);
}

const [TAB, LF, CR, SPACE] = [0x09, 0x0a, 0x0d, 0x20];

/** Returns 1 for a hash that is seen for the first time, which is not 0; else 0. */
function addHash(hash: number): 0 | 1 {
  let slot = Math.imul(hash, 0x9e3779b1) >>> 20;
  for (; seenHashes[slot] !== 0; slot = (slot + 1) % TABLE_SIZE) if (seenHashes[slot] === hash) return 0;
  seenHashes[slot] = hash;
  return 1;
}
