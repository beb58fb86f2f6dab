// Comments as they stand in sources: each with its first words. Told from code by a scan that knows strings, templates
// and regular expressions well enough for this repository.

export interface Comment {
  readonly file: string;
  /** 1-based line at which it begins. */
  readonly line: number;
  readonly text: string;
}

const PIECES =
  /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|(?<=[(,=:[!&|?{};\n]\s*|return )\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+|\/\/.*/gm;

/** Lines that follow each other are one comment. */
export function commentsOf(file: string, source: string): readonly Comment[] {
  return Array.from(source.matchAll(PIECES)).flatMap(({ 0: piece, index }) => {
    const isComment = /^\s*\/[/*]/.test(piece) && !/^\/(?![/*])/.test(piece);
    if (!isComment) return [];
    const text = piece
      .replace(/\*\/$/, '')
      .replaceAll(/^\s*(?:\/\*\*?|\/\/|\*)\s?/gm, '')
      .trim();
    return text === '' ? [] : [{ file, line: source.slice(0, index).split('\n').length, text }];
  });
}
