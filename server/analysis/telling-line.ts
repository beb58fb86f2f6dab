// Chooses the line by which a fragment is known again in lists.

/**
 * Many fragments begin with the same brackets, comment marks and tags: the first line that defines something, or else
 * the first line of code, or the longest of a comment's; cut to a label.
 */
export function tellingLine(text: string): string {
  const lines = text.split('\n');
  const words = lines.filter((line) => /\p{L}{3}/u.test(line));
  const code = words.filter((line) => !COMMENT.test(line));
  const told = code.find((line) => DEFINITION.test(line)) ?? code[0] ?? longest(words) ?? lines[0]!;
  return told.slice(0, LABEL_CHARACTERS);
}

const longest = (lines: readonly string[]): string | undefined =>
  lines.toSorted((a, b) => b.trim().length - a.trim().length)[0];

const COMMENT = /^\s*(?:\/?\*|\/\/|#(?!include|define)|--|<!--|;;)/;
const DEFINITION =
  /\b(?:function|class|def|interface|struct|enum|trait|impl|fn|func|module|namespace)\s+[\p{L}_$*]|\bfunction\s*\(|=>|\bprototype\./u;
const LABEL_CHARACTERS = 200;
