// A notebook's cells as the text that their author wrote: sources alone, without what running them printed.

import { decodeText } from './decode-text.ts';
import { bytesOfString } from './text-strings.ts';

/** The cells one behind the other, a blank line between them; undefined for what is no notebook. */
export function notebookText(bytes: Uint8Array): Uint8Array | undefined {
  let notebook: unknown;
  try {
    notebook = JSON.parse(new TextDecoder().decode(decodeText(bytes)));
  } catch {
    return undefined;
  }
  const { cells, worksheets } = asObject(notebook);
  // Before version 4 of the format, cells lay in worksheets and code was their input.
  const all = Array.isArray(cells)
    ? cells
    : Array.isArray(worksheets)
      ? worksheets.flatMap((sheet) => {
          const { cells: own } = asObject(sheet);
          return own ?? [];
        })
      : undefined;
  if (all === undefined) return undefined;
  const sources = all.map((cell) => {
    const { source, input } = asObject(cell);
    const lines = source ?? input ?? '';
    return Array.isArray(lines) ? lines.join('') : String(lines);
  });
  return bytesOfString(sources.filter((source) => source !== '').join('\n\n'));
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
