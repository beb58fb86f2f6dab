// The patterns of ignore files as git reads them (gitignore(5), wildmatch.c), matched in time that is proportional to
// pattern and path: whoever made a folder wrote them, and an expression made of one could try every way to share a path
// out among its stars. Pure.

export interface IgnorePattern {
  readonly isNegated: boolean;
  /** Whether it says something of a path below the folder of its file, which ends in a slash for a folder. */
  matches(path: string): boolean;
}

/** Undefined for a line that says nothing. */
export function parseIgnorePattern(line: string): IgnorePattern | undefined {
  let text = line.replace(/\r$/, '');
  if (text.startsWith('#')) return undefined;
  const isNegated = text.startsWith('!');
  text = withoutBlanksAtEnd(isNegated ? text.slice(1) : text);
  const isForFolders = text.endsWith('/') && !text.endsWith('\\/');
  if (isForFolders) text = text.slice(0, -1);
  if (text === '') return undefined;
  const isAnchored = text.includes('/');
  const segments = segmentsOf(isAnchored ? text.replace(/^\//, '') : text).map(parseSegment);
  if (segments.includes(undefined)) return undefined;
  const known = segments as readonly Segment[];
  // At the end it stands for what lies in a folder, and not for the folder.
  const parts: readonly Segment[] =
    isAnchored && known.at(-1) === ANY_DEPTH ? [...known.slice(0, -1), ANY_NAME, ANY_DEPTH] : known;
  return {
    isNegated,
    matches(path) {
      const isFolder = path.endsWith('/');
      if (isForFolders && !isFolder) return false;
      const names = (isFolder ? path.slice(0, -1) : path).split('/');
      return isAnchored ? matchPath(parts, names) : matchName(asName(known[0]!), names.at(-1)!);
    },
  };
}

/** Those that no backslash stands before. */
function withoutBlanksAtEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  let nBackslashes = 0;
  while (text[end - 1 - nBackslashes] === '\\') nBackslashes++;
  return text.slice(0, nBackslashes % 2 === 1 && end < text.length ? end + 1 : end);
}

/** What takes one character of a name, or, as a star, any number of them. */
type Piece = string | ((character: string) => boolean);

const STAR = Symbol('star');
const ANY_DEPTH = Symbol('any depth');

type Segment = readonly (Piece | typeof STAR)[] | typeof ANY_DEPTH;

const ANY_NAME: Segment = [STAR];

const asName = (segment: Segment) =>
  (segment === ANY_DEPTH ? ANY_NAME : segment) as readonly (Piece | typeof STAR)[];

/** At slashes that stand in no class. One behind a backslash is a slash like others, but that `**` before it takes a name. */
function segmentsOf(text: string): readonly string[] {
  const segments: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const isEscaped = text[at] === '\\';
    if (isEscaped && text[at + 1] !== '/') at++;
    else if (text[at] === '[') at = parseClass(text, at + 1)?.end ?? at;
    else if (isEscaped || text[at] === '/') {
      const segment = text.slice(start, at);
      if (isEscaped && segment === '**') segments.push('*');
      segments.push(segment);
      if (isEscaped) at++;
      start = at + 1;
    }
  }
  return [...segments, text.slice(start)];
}

/** Undefined for one that git matches with nothing. */
function parseSegment(text: string): Segment | undefined {
  if (text === '**') return ANY_DEPTH;
  const pieces: (Piece | typeof STAR)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '*') {
      if (pieces.at(-1) !== STAR) pieces.push(STAR);
    } else if (character === '?') pieces.push(() => true);
    else if (character === '[') {
      const parsed = parseClass(text, at + 1);
      if (!parsed) return undefined;
      pieces.push(parsed.takes);
      at = parsed.end;
    } else if (character === '\\') {
      at++;
      if (at === text.length) return undefined;
      pieces.push(text[at]!);
    } else pieces.push(character);
  }
  return pieces;
}

/** `[a-z]`, `[!a]`, `[[:digit:]]`; `end` is where its bracket closes. */
function parseClass(
  text: string,
  start: number,
): { takes: (character: string) => boolean; end: number } | undefined {
  let at = start;
  const isNegated = text[at] === '!' || text[at] === '^';
  if (isNegated) at++;
  const tests: ((character: string) => boolean)[] = [];
  for (let isFirst = true; isFirst || text[at] !== ']'; isFirst = false) {
    if (at >= text.length) return undefined;
    const named = /^\[:([a-z]{1,6}):\]/.exec(text.slice(at, at + 10));
    if (named) {
      const pattern = named[1] === undefined ? undefined : classes.get(named[1]);
      if (!pattern) return undefined;
      tests.push((character) => pattern.test(character));
      at += named[0].length;
      continue;
    }
    const [first, behind] = characterAt(text, at);
    if (first === undefined) return undefined;
    const isRange = text[behind] === '-' && behind + 1 < text.length && text[behind + 1] !== ']';
    const [last, end] = isRange ? characterAt(text, behind + 1) : [first, behind];
    if (last === undefined) return undefined;
    // The first one is taken by itself, too, where the range that it begins holds nothing.
    tests.push((character) => character === first || (character >= first && character <= last));
    at = end;
  }
  return { takes: (character) => tests.some((test) => test(character)) !== isNegated, end: at };
}

function characterAt(text: string, at: number): readonly [string | undefined, number] {
  return text[at] === '\\' ? [text[at + 1], at + 2] : [text[at], at + 1];
}

const classes: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /[A-Za-z0-9]/],
  ['alpha', /[A-Za-z]/],
  ['blank', /[ \t]/],
  ['cntrl', /\p{Cc}/u],
  ['digit', /[0-9]/],
  ['graph', /[!-~]/],
  ['lower', /[a-z]/],
  ['print', /[ -~]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[\t-\r ]/],
  ['upper', /[A-Z]/],
  ['xdigit', /[A-Fa-f0-9]/],
]);

/** What follows a star is looked for at the next place alone: an earlier star never needs to take more. */
function matchWith<P, T>(
  pattern: readonly P[],
  items: ArrayLike<T>,
  isStar: (part: P) => boolean,
  takes: (part: P, item: T) => boolean,
): boolean {
  let [at, next, star, taken] = [0, 0, -1, 0];
  while (next < items.length) {
    const part = pattern[at];
    if (part !== undefined && isStar(part)) {
      star = at++;
      taken = next;
    } else if (part !== undefined && takes(part, items[next]!)) {
      at++;
      next++;
    } else if (star >= 0) {
      at = star + 1;
      next = ++taken;
    } else return false;
  }
  while (at < pattern.length && isStar(pattern[at]!)) at++;
  return at === pattern.length;
}

const matchPath = (segments: readonly Segment[], names: readonly string[]): boolean =>
  matchWith<Segment, string>(
    segments,
    names,
    (segment) => segment === ANY_DEPTH,
    (segment, name) => matchName(asName(segment), name),
  );

const matchName = (pieces: readonly (Piece | typeof STAR)[], name: string): boolean =>
  matchWith<Piece | typeof STAR, string>(
    pieces,
    name,
    (piece) => piece === STAR,
    (piece, character) => (typeof piece === 'function' ? piece(character) : piece === character),
  );
