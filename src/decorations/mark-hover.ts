// What a memorised line says when pointed at: how often, from where, under which licence, and a link to the
// comparison. Everything that comes from the corpus goes in as plain text, never as markup.

import { l10n, MarkdownString, type Uri } from 'vscode';
import { forHover } from '../../guard/text/for-hover.ts';
import { percentEncoded } from '../../guard/text/percent-encoded.ts';
import type { Provenance, SampleMark } from '../../protocol/fragments.ts';
import { timesText } from '../counts-text.ts';
import { howOftenIndexed, matchPlace } from './index-mark.ts';
import { markComparison } from './mark-comparison.ts';
import type { Segment } from './mark-segments.ts';
import type { IndexMark, StudyMark, TextMark } from './text-marks.ts';

const MAX_MARKS = 4;

/**
 * Two pieces for each mark: what is said of it, in which names and licences of others stand and which nobody trusts,
 * and the links to commands, which hold nothing of others but ids.
 */
export function markHover(text: Uri, segment: Segment<TextMark>): MarkdownString[] {
  const shown = segment.marks.slice(0, MAX_MARKS);
  const nLeftOff = segment.marks.length - shown.length;
  return [
    ...shown.flatMap((mark) =>
      mark.from === 'index'
        ? [indexDescription(mark), indexLinks(text, mark)]
        : [description(mark), links(text, mark)],
    ),
    ...(nLeftOff > 0
      ? [
          new MarkdownString(
            nLeftOff === 1 ? l10n.t('and 1 shorter fragment') : l10n.t('and {0} shorter fragments', nLeftOff),
          ),
        ]
      : []),
  ];
}

const description = (mark: StudyMark) => describe(mark, l10n.t('Memorised'), howOften(mark));

function indexDescription(mark: IndexMark): MarkdownString {
  const hover = describe(mark, l10n.t('Found in the index'), howOftenIndexed(mark));
  if (!mark.match.isVerified) {
    const why = l10n.t('Not compared: the corpus is not there, or not as it was when it was indexed.');
    hover.appendMarkdown(`\n\n${why}`);
  }
  return hover;
}

function describe(mark: TextMark, title: string, often: string): MarkdownString {
  const hover = new MarkdownString();
  hover.isTrusted = false;
  hover.supportHtml = false;
  hover.appendMarkdown(`**${title}** · ${often}`);
  hover.appendMarkdown(` · ${l10n.t('lines {0}–{1}', mark.firstLine, mark.lastLine)}`);
  if (mark.source === null) return hover;
  hover.appendMarkdown('\n\n');
  appendSource(hover, mark.source);
  if (mark.nRepositories > 1) {
    hover.appendMarkdown(` ${l10n.t('and elsewhere, {0} repositories in all', mark.nRepositories)}`);
  }
  appendLicenses(hover, mark);
  return hover;
}

const links = (text: Uri, mark: StudyMark) =>
  linked(markComparison(text, mark), [
    [l10n.t('Compare with the training data'), 'verbatim.compareFragment'],
    [l10n.t('All occurrences'), 'verbatim.compareAllOccurrences'],
    [l10n.t('Training rows'), 'verbatim.showTrainingRows'],
  ]);

/** What was not compared is no fragment yet, so there is nothing to accept. */
const indexLinks = (text: Uri, mark: IndexMark) =>
  linked(matchPlace(text, mark), [
    [l10n.t('Open the source'), 'verbatim.openSource'],
    [l10n.t('Insert a notice'), 'verbatim.insertNotice'],
    ...(mark.match.isVerified ? [[l10n.t('Accept'), 'verbatim.acceptMatch'] as const] : []),
  ]);

function linked(target: object, commands: readonly (readonly [string, string])[]): MarkdownString {
  const argument = percentEncoded(JSON.stringify([target]));
  const hover = new MarkdownString(
    commands.map(([title, command]) => `[${title}](command:${command}?${argument})`).join(' · '),
  );
  hover.isTrusted = { enabledCommands: commands.map(([, command]) => command) };
  return hover;
}

/** How often the text occurs: of a part it is known that it occurs at least as often as its fragment. */
export function howOften({ train, extent }: StudyMark): string {
  const count = timesText(train);
  return extent === 'whole'
    ? l10n.t('{0} in the training data', count)
    : l10n.t('part of a longer fragment, at least {0} in the training data', count);
}

function appendSource(hover: MarkdownString, { repository, path, license }: Provenance): void {
  for (const part of [repository, path].map(forHover)) if (part !== '') hover.appendMarkdown(`${part} `);
  const name = forHover(license);
  hover.appendMarkdown(name === '' ? l10n.t('(licence unknown)') : `(${name})`);
}

/** Lists all licences, since that of the first source may be the most permissive one. */
function appendLicenses(hover: MarkdownString, { licenses }: SampleMark): void {
  if (licenses.length < 2) return;
  const names = licenses.map((name) => forHover(name) || l10n.t('unknown'));
  hover.appendMarkdown(`\n\n${l10n.t('Licences: {0}', names.join(', '))}`);
}
