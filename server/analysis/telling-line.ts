// Chooses the line by which a fragment is known again in lists.

/** Many fragments begin with a lone bracket or comment mark: the first line that holds a word, cut to a label. */
export function tellingLine(text: string): string {
  const lines = text.split('\n');
  return (lines.find((line) => /\p{L}{3}/u.test(line)) ?? lines[0]!).slice(0, LABEL_CHARACTERS);
}

const LABEL_CHARACTERS = 200;
