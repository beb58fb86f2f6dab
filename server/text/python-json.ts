// JSON as Python writes and reads it: with numbers that are none, which become null, and behind a byte order mark.

const NONE = /NaN|Infinity/;
const STRING_OR_NONE = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** Throws what `JSON.parse` throws. */
export function parsePythonJson(text: string): unknown {
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  return JSON.parse(NONE.test(json) ? json.replaceAll(STRING_OR_NONE, withoutNone) : json);
}

const withoutNone = (part: string): string => (part.startsWith('"') ? part : 'null');

/** Whether a text is what Git leaves in place of a file that is kept elsewhere. */
export const isLfsPointer = (text: string): boolean => text.startsWith('version https://git-lfs.github.com/');
