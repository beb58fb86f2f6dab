// Prompts out of source files, as the published study makes them for prompt-conditioned sampling: a file's
// text up to the end of its first function's signature and docstring, blank lines squeezed out.
// Knows Python, and languages with braces.

export type SourceLanguage = 'python' | 'braces';

/** Longer prompts are skipped, as the published study does. */
const MAX_PROMPT_WORDS = 220;
/** So many characters hold more than those words, whatever the language; nothing behind twice as many is looked at. */
const MAX_PROMPT_CHARACTERS = 16_384;
/** From a function's name to what opens its body. */
const MAX_HEAD_CHARACTERS = 2048;

/** The prompt, or null for a file without a function, or whose prompt would be too long. */
export function extractFunctionPrompt(whole: string, language: SourceLanguage): string | null {
  const source = whole.slice(0, 2 * MAX_PROMPT_CHARACTERS);
  const end = language === 'python' ? endOfPythonHead(source) : endOfBraceHead(source);
  if (end === null || end > MAX_PROMPT_CHARACTERS) return null;
  const lines = source.slice(0, end).split(/\r\n|\n|\r/);
  const prompt = `${lines.filter((line) => line.trim() !== '').join('\n')}\n`;
  const nWords = prompt.split(/\s+/).filter((word) => word !== '').length;
  return nWords > MAX_PROMPT_WORDS ? null : prompt;
}

/** Behind the docstring of the first `def`, or behind its colon where there is none. */
function endOfPythonHead(source: string): number | null {
  const start = skipTo(source, /^[ \t]*(?:async[ \t]+)?def[ \t]+\w+/gm, pythonToken);
  if (start === null) return null;
  const colon = findOutside(source, start, ':', pythonToken);
  if (colon === null) return null;
  const docstring = /\s*(?:#[^\n]*\n\s*)*[rRuUbB]{0,2}("""|'''|"|')/y;
  docstring.lastIndex = colon + 1;
  const opening = docstring.exec(source);
  if (opening === null) return colon + 1;
  return pythonToken(source, docstring.lastIndex - opening[1]!.length);
}

/** Behind the brace that opens the first function's body. */
function endOfBraceHead(source: string): number | null {
  const heads = /\bfunction\b[^;{}()]*\(|=>\s*\{|^[ \t]*(?:[\w<>[\],.*&:~]+[ \t]+)+[\w$:~]+\s*\(/gm;
  for (let at = 0; ; ) {
    const start = skipTo(source, heads, braceToken, at);
    if (start === null) return null;
    const isStatement =
      /^[ \t]*(?:return|else|new|throw|await|if|for|while|switch|case|import|export[ \t]+\{)\b/;
    const brace = findOutside(source, start, '{', braceToken, ';');
    if (brace !== null && !isStatement.test(source.slice(start))) return brace + 1;
    at = start + 1;
  }
}

/** The end of a string or comment that starts at a place; the place itself where none starts. */
type TokenEnd = (source: string, at: number) => number;

const pythonToken: TokenEnd = (source, at) =>
  match(source, at, /#[^\n]*|"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''/y) ??
  match(source, at, /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y) ??
  at;

const braceToken: TokenEnd = (source, at) =>
  match(
    source,
    at,
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/y,
  ) ?? at;

function match(source: string, at: number, sticky: RegExp): number | null {
  sticky.lastIndex = at;
  return sticky.test(source) ? sticky.lastIndex : null;
}

/** The first match of `pattern` that starts in no string and no comment. */
function skipTo(source: string, pattern: RegExp, tokenEnd: TokenEnd, from = 0): number | null {
  // A search that goes on does so at what was found before, where no string and no comment is open.
  let at = Math.max(0, from - 1);
  pattern.lastIndex = from;
  for (let found = pattern.exec(source); found !== null; found = pattern.exec(source)) {
    while (at < found.index) at = Math.max(at + 1, tokenEnd(source, at));
    if (at === found.index) return at;
    pattern.lastIndex = at;
  }
  return null;
}

/** The next place of a character outside of strings, comments and brackets; null if `stop` comes first. */
function findOutside(
  source: string,
  from: number,
  character: string,
  tokenEnd: TokenEnd,
  stop?: string,
): number | null {
  let depth = 0;
  const end = Math.min(source.length, from + MAX_HEAD_CHARACTERS);
  for (let at = from; at < end; ) {
    const behind = tokenEnd(source, at);
    if (behind > at) {
      at = behind;
      continue;
    }
    const current = source[at]!;
    if (depth === 0 && current === character) return at;
    if (depth === 0 && current === stop) return null;
    if (current === '(' || current === '[') depth++;
    if (current === '{') depth++;
    if (current === ')' || current === ']' || current === '}') depth--;
    if (depth < 0) return null;
    at++;
  }
  return null;
}
