// Tables of text, for a terminal and as Markdown. What is of others is encoded here.

import { escapeMarkdown, forMarkdown, forMarkdownCell } from '../../guard/text/for-markdown.ts';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import type { Encodable } from '../../guard/text/foreign.ts';

export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Encodable[])[];
  /** A sentence below it. */
  readonly note?: Encodable;
}

/** Columns are as wide as what stands in them. */
export function* terminalTable({ title, head, rows, note }: TextTable): Generator<string> {
  yield forTerminal(title);
  const lines = [head, ...rows].map((row) => row.map((cell) => forTerminal(cell)));
  const widths = head.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, line[column]!.length), 0),
  );
  for (const line of lines) {
    yield line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  }
  if (note !== undefined) yield forTerminal(note);
}

export function* markdownTable({ title, head, rows, note }: TextTable): Generator<string> {
  yield `## ${escapeMarkdown(title)}`;
  yield '';
  yield `| ${head.map(escapeMarkdown).join(' | ')} |`;
  yield `|${head.map(() => ' --- ').join('|')}|`;
  for (const row of rows) yield `| ${row.map(forMarkdownCell).join(' | ')} |`;
  yield '';
  if (note === undefined) return;
  yield forMarkdown(note);
  yield '';
}
