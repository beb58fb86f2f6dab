// What a memorised line says when pointed at: how often, from where, under which licence, and a link to the
// comparison. Everything that comes from the corpus goes in as plain text, never as markup.

import { l10n, MarkdownString, type Uri } from 'vscode';
import type { Provenance, SampleMark } from '../../protocol/fragments.ts';
import { markComparison } from './mark-comparison.ts';
import type { Segment } from './mark-segments.ts';
import type { TextMark } from './text-marks.ts';

const MAX_MARKS = 4;
const COMPARE = 'verbatim.compareFragment';
const COMPARE_ALL = 'verbatim.compareAllOccurrences';
const SHOW_ROWS = 'verbatim.showTrainingRows';

export function markHover(text: Uri, segment: Segment<TextMark>): MarkdownString {
  const hover = new MarkdownString();
  hover.isTrusted = { enabledCommands: [COMPARE, COMPARE_ALL, SHOW_ROWS] };
  hover.supportHtml = false;
  for (const [index, mark] of segment.marks.slice(0, MAX_MARKS).entries()) {
    if (index > 0) hover.appendMarkdown('\n\n---\n\n');
    appendMark(hover, text, mark);
  }
  const nLeftOff = segment.marks.length - MAX_MARKS;
  if (nLeftOff > 0) hover.appendMarkdown(`\n\n---\n\n${l10n.t('and {0} shorter fragments', nLeftOff)}`);
  return hover;
}

function appendMark(hover: MarkdownString, text: Uri, mark: TextMark): void {
  hover.appendMarkdown(`**${l10n.t('Memorised')}** · ${howOften(mark)}`);
  hover.appendMarkdown(` · ${l10n.t('lines {0}–{1}', mark.firstLine, mark.lastLine)}\n\n`);
  if (mark.source !== null) {
    appendSource(hover, mark.source);
    if (mark.nRepositories > 1) {
      hover.appendMarkdown(` ${l10n.t('and elsewhere, {0} repositories in all', mark.nRepositories)}`);
    }
    appendLicences(hover, mark);
    hover.appendMarkdown('\n\n');
  }
  const comparison = markComparison(text, mark);
  const link = (title: string, command: string) =>
    `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([comparison]))})`;
  hover.appendMarkdown(
    [
      link(l10n.t('Compare with the training data'), COMPARE),
      link(l10n.t('All occurrences'), COMPARE_ALL),
      link(l10n.t('Training rows'), SHOW_ROWS),
    ].join(' · '),
  );
}

/** Of a part it is known that it occurs as often as the fragment which holds it. */
export function howOften({ train, extent }: TextMark): string {
  const count = train === 1 ? l10n.t('once') : l10n.t('{0} times', train.toLocaleString());
  return extent === 'whole'
    ? l10n.t('{0} in the training data', count)
    : l10n.t('part of a longer fragment, at least {0} in the training data', count);
}

function appendSource(hover: MarkdownString, { repository, path, license }: Provenance): void {
  for (const part of [repository, path]) if (part !== '') hover.appendMarkdown(`${code(part)} `);
  hover.appendMarkdown(license === '' ? l10n.t('(licence unknown)') : `(${code(license)})`);
}

/** All of them: the first source's may be the most permissive one. */
function appendLicences(hover: MarkdownString, { licences }: SampleMark): void {
  if (licences.length < 2) return;
  const names = licences.map((name) => (name === '' ? l10n.t('unknown') : code(name)));
  hover.appendMarkdown(`\n\n${l10n.t('Licences: {0}', names.join(', '))}`);
}

/**
 * A code span, inside of which nothing is markup, and no address becomes a link. Characters that turn text
 * around are dropped, and the fence is longer than any run of backticks within.
 */
function code(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${plain}${fence}` : `${fence} ${plain} ${fence}`;
}
