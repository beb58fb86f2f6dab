// Sensitive parts of what the editor shows: masked, unless who looks has chosen to see them. Lines stay where
// they are, so that marks and places still hold.

import type { FragmentRow } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';
import { maskRanges } from '../analysis/sensitive.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import type { Disclosure } from '../answers/describe-fragments.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import { openSensitiveTexts } from '../store/sensitive-texts.ts';
import { openForReading } from '../store/study-file.ts';

export async function maskText<T extends { readonly text: string }>(
  item: T,
  disclosure: Disclosure,
): Promise<T> {
  if (disclosure === 'shown') return item;
  for await (const { ranges } of findSensitive([item])) {
    return { ...item, text: maskRanges(item.text, ranges) };
  }
  return item;
}

/** Texts that may be absent, in the order given. */
export async function maskAll(
  texts: readonly (string | null)[],
  disclosure: Disclosure,
): Promise<readonly (string | null)[]> {
  if (disclosure === 'shown') return texts;
  const masked: (string | null)[] = [...texts];
  const items = texts.flatMap((text, i) => (text === null ? [] : [{ i, text }]));
  for await (const { item, ranges } of findSensitive(items)) {
    masked[item.i] = maskRanges(item.text, ranges);
  }
  return masked;
}

/** Labels are made from the masked texts: a line out of a key does not tell by itself what it is. */
export async function maskLabels<T extends Pick<FragmentRow, 'fingerprint' | 'firstLine'>>(
  study: StudyId,
  items: readonly T[],
  disclosure: Disclosure,
): Promise<readonly T[]> {
  if (disclosure === 'shown') return items;
  const masked = new Map<string, string>();
  const texts = sensitiveTexts(
    study,
    items.map(({ fingerprint }) => fingerprint),
  );
  for await (const { item, ranges } of findSensitive(texts)) {
    if (ranges.length > 0) masked.set(item.fingerprint, tellingLine(maskRanges(item.text, ranges)));
  }
  return items.map((item) => ({ ...item, firstLine: masked.get(item.fingerprint) ?? item.firstLine }));
}

/** Those that are known to hold something, and those that nobody has looked into yet. */
function sensitiveTexts(study: StudyId, fingerprints: readonly string[]) {
  using db = openForReading(study);
  const textOf = openSensitiveTexts(db);
  return fingerprints.flatMap((fingerprint) => {
    const text = textOf(fingerprint);
    return text === undefined ? [] : [{ fingerprint, text }];
  });
}
