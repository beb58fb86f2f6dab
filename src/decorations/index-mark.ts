// Marks that an index gives: what each says of itself, and how commands name it.

import { l10n, type Uri } from 'vscode';
import type { CheckedMatch } from '../../protocol/checked-text.ts';
import { documentsText, timesText } from '../counts-text.ts';
import type { IndexMark } from './text-marks.ts';

/** A mark in a text that is open: its first line. Commands look up what stands there, so that they take no text. */
export interface MatchPlace {
  readonly uri: string;
  readonly firstLine: number;
}

export const matchPlace = (text: Uri, { firstLine }: IndexMark): MatchPlace => ({
  uri: text.toString(),
  firstLine,
});

export function indexMark(match: CheckedMatch): IndexMark {
  const [source] = match.sources;
  return {
    from: 'index',
    firstLine: match.firstLine,
    lastLine: match.lastLine,
    fingerprint: match.fingerprint ?? '',
    train: match.occurrences ?? match.nDocuments,
    nRepositories: match.nRepositories,
    source: source ?? null,
    licenses: match.licenses.map(({ license }) => license),
    match,
  };
}

/** How often the corpus of the index holds the lines; where it was not opened, how many documents may. */
export function howOftenIndexed({ match: { occurrences, nDocuments } }: IndexMark): string {
  return occurrences === null
    ? l10n.t('probably in {0} of the indexed corpus', documentsText(nDocuments))
    : l10n.t('{0} in the indexed corpus', timesText(occurrences));
}
