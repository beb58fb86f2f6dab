// For CSV (RFC 4180): cells that a spreadsheet must not take for formulas. It decides by the first character of a cell,
// and where its language separates by semicolons or tabs it finds other cells, and other lines, than were written.

import { type Encodable, textOf } from './foreign.ts';

/** What stands before a formula's first character: all quotes and blanks, so that each run of them is read once. */
const beforeFormula = /(?<!["'\s])["'\s]*(?=[=+\-@＝＋－＠])/g;

/** Whether that is the beginning of the cell, or of what may become one. */
const mayBegin = (run: string, before: string | undefined): boolean =>
  before === undefined || before === ';' || /[\t\r\n]/.test(run);

/** The apostrophe makes a cell text. Numbers are no text of others and stay. */
export function forCsv(value: Encodable | null): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const safe = textOf(value)
    .replace(/^[\t\r]/, "'$&")
    .replace(beforeFormula, (run: string, at: number, whole: string) =>
      mayBegin(run, whole[at - 1]) ? `${run}'` : run,
    );
  return /[";,\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
