// For CSV (RFC 4180): cells that a spreadsheet must not take for formulas. It decides by the first character of a cell,
// and where its language separates by semicolons or tabs it finds other cells, and other lines, than were written.

import { type Encodable, textOf } from './foreign.ts';

/** A formula's first character at the beginning of the cell, or of what may become one. */
const formula = /(^|[;\t\r\n])(["'\s]*)(?=[=+\-@＝＋－＠])/g;

/** The apostrophe makes a cell text. Numbers are no text of others and stay. */
export function forCsv(value: Encodable | null): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const safe = textOf(value)
    .replace(/^[\t\r]/, "'$&")
    .replace(formula, "$1$2'");
  return /[";,\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
