// Sensitive parts of what the editor shows: masked, unless who looks has chosen to see them. Lines stay where
// they are, so that marks and places still hold.

import { type Foreign, foreign } from '../../guard/text/foreign.ts';
import type { FragmentRow, Page } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { ListedFragment } from '../../protocol/views.ts';
import { maskRanges } from '../analysis/sensitive.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import { Undisclosed } from '../answers/undisclosed.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import { openSensitiveTexts } from '../store/sensitive-texts.ts';
import { reading } from '../store/study-file.ts';

/** For an item that holds one text. */
export const withText = <T extends { readonly text: string }>(item: T): Undisclosed<T> =>
  new Undisclosed(item, maskText);

export async function maskText<T extends { readonly text: string }>(item: T): Promise<T> {
  for await (const { ranges } of findSensitive([item])) {
    return { ...item, text: maskRanges(item.text, ranges) };
  }
  return item;
}

/** For a page of fragments, whose texts are their labels. */
export const withLabels = <T extends Labelled>(study: StudyId, page: Page<T>): Undisclosed<Page<T>> =>
  new Undisclosed(page, async ({ items, ...rest }) => ({ ...rest, items: await maskLabels(study, items) }));

type Labelled = Pick<FragmentRow, 'fingerprint' | 'firstLine'> &
  Partial<Pick<ListedFragment, 'category' | 'sensitive'>>;

/** It was looked into, and nothing was found. */
const holdsNothing = ({ category, sensitive }: Labelled): boolean =>
  typeof category === 'string' && sensitive?.length === 0;

/** Labels are made from the masked texts: a line out of a key does not tell by itself what it is. */
export async function maskLabels<T extends Labelled>(
  study: StudyId,
  items: readonly T[],
): Promise<readonly T[]> {
  const masked = new Map<string, Foreign>();
  const doubtful = items.filter((item) => !holdsNothing(item));
  if (doubtful.length === 0) return items;
  const texts = sensitiveTexts(
    study,
    doubtful.map(({ fingerprint }) => fingerprint),
  );
  for await (const { item, ranges } of findSensitive(texts)) {
    if (ranges.length > 0) masked.set(item.fingerprint, foreign(tellingLine(maskRanges(item.text, ranges))));
  }
  return items.map((item) => ({ ...item, firstLine: masked.get(item.fingerprint) ?? item.firstLine }));
}

/** Those that are known to hold something, and those that nobody has looked into yet. */
const sensitiveTexts = (study: StudyId, fingerprints: readonly string[]) =>
  reading(study, (db) => {
    const textOf = openSensitiveTexts(db);
    return fingerprints.flatMap((fingerprint) => {
      const text = textOf(fingerprint);
      return text === undefined ? [] : [{ fingerprint, text }];
    });
  });
