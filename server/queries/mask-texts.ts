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
import { type Database, reading } from '../store/study-file.ts';

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
export function withLabels<T extends Labelled>(db: Database, page: Page<T>): Undisclosed<Page<T>> {
  const texts = sensitiveTexts(db, page.items);
  return new Undisclosed(page, async ({ items, ...rest }) => ({
    ...rest,
    items: await maskLabelsBy(texts, items),
  }));
}

type Labelled = Pick<FragmentRow, 'fingerprint' | 'firstLine'> &
  Partial<Pick<ListedFragment, 'category' | 'sensitive'>>;

/** It was looked into, and nothing was found. */
const holdsNothing = ({ category, sensitive }: Labelled): boolean =>
  typeof category === 'string' && sensitive?.length === 0;

/** Masks labels of fragments, whose texts are read for that. */
export const maskLabels = <T extends Labelled>(study: StudyId, items: readonly T[]): Promise<readonly T[]> =>
  maskLabelsBy(
    reading(study, (db) => sensitiveTexts(db, items)),
    items,
  );

/** Labels are made from the masked texts: a line out of a key does not tell by itself what it is. */
async function maskLabelsBy<T extends Labelled>(
  texts: readonly LabelledText[],
  items: readonly T[],
): Promise<readonly T[]> {
  const masked = new Map<string, Foreign>();
  for await (const { item, ranges } of findSensitive(texts)) {
    if (ranges.length > 0) masked.set(item.fingerprint, foreign(tellingLine(maskRanges(item.text, ranges))));
  }
  return masked.size === 0
    ? items
    : items.map((item) => ({ ...item, firstLine: masked.get(item.fingerprint) ?? item.firstLine }));
}

interface LabelledText {
  readonly fingerprint: string;
  readonly text: string;
}

/** Those that are known to hold something, and those that nobody has looked into yet. */
function sensitiveTexts(db: Database, items: readonly Labelled[]): readonly LabelledText[] {
  const textOf = openSensitiveTexts(db);
  return items.flatMap((item) => {
    const text = holdsNothing(item) ? undefined : textOf(item.fingerprint);
    return text === undefined ? [] : [{ fingerprint: item.fingerprint, text }];
  });
}
