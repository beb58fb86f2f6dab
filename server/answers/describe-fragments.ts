// What every fragment is and what sensitive content it holds: one pass over the texts, for reports and
// exports to look up.

import { type Category, categories } from '../../protocol/views.ts';
import { type KindLabel, kindOfFragment } from '../analysis/kind-of-fragment.ts';
import type { LicenseIndex } from '../analysis/license-index.ts';
import { maskRanges, type SensitiveRange } from '../analysis/sensitive.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import { readKinds } from '../store/facts-tables.ts';
import { readFragmentTexts } from '../store/fragment-texts.ts';
import { readLabels, type StoredLabel } from '../store/labels-table.ts';
import type { Database } from '../store/study-file.ts';
import type { Disclosure } from './undisclosed.ts';

export interface FragmentFacts {
  /** Indexed by fragment_id. */
  readonly kinds: readonly KindLabel[];
  /** Keyed by fragment_id; only fragments with something in them. */
  readonly sensitive: ReadonlyMap<number, readonly SensitiveRange[]>;
  /** Hand labels that all annotators of a fragment agree on, by fingerprint. */
  readonly handLabels: ReadonlyMap<string, string>;
}

export async function describeFragments(db: Database): Promise<FragmentFacts> {
  const kept = keptKinds(db);
  let licenses: LicenseIndex | undefined;
  const kinds: KindLabel[] = [];
  const sensitive = new Map<number, readonly SensitiveRange[]>();
  for await (const { item, ranges } of findSensitive(readFragmentTexts(db))) {
    const known = kept.get(item.fragmentId);
    // Half a megabyte of licences, which is not needed where all that a fragment is was kept.
    if (known === undefined) licenses ??= (await import('./license-texts.ts')).loadLicenses();
    kinds[item.fragmentId] = known ?? kindOfFragment(item.text, licenses!);
    if (ranges.length > 0) sensitive.set(item.fragmentId, ranges);
  }
  return { kinds, sensitive, handLabels: agreedLabels(readLabels(db)) };
}

/** Whoever wrote the file: only what can be a kind. What is sensitive is never taken from there, since masks depend on it. */
function keptKinds(db: Database): ReadonlyMap<number, KindLabel> {
  const kept = new Map<number, KindLabel>();
  // Few are different, and millions of fragments share them.
  const labels = new Map<string, KindLabel | null>();
  for (const [fragmentId, category, spdxId] of readKinds(db)) {
    const name = `${category} ${spdxId}`;
    const known = labels.get(name);
    const label = known === undefined ? checkedLabel(category, spdxId) : known;
    if (known === undefined) labels.set(name, label);
    if (label !== null) kept.set(fragmentId, label);
  }
  return kept;
}

function checkedLabel(category: string, spdxId: string): KindLabel | null {
  const kind = categories.find((one) => one === category);
  return kind !== undefined && SPDX_ID.test(spdxId) ? { kind, spdxId: spdxId || null } : null;
}

const SPDX_ID = /^[A-Za-z0-9.+-]{0,64}$/;

/** Hides the sensitive parts of a fragment's text. */
export function discloseText(
  facts: Pick<FragmentFacts, 'sensitive'>,
  fragmentId: number,
  text: string,
  disclosure: Disclosure,
): string {
  const ranges = facts.sensitive.get(fragmentId);
  return ranges && disclosure === 'masked' ? maskRanges(text, ranges) : text;
}

export interface KindCount {
  readonly kind: Category;
  readonly fragments: number;
  /** SPDX ids of licences, most frequent first. */
  readonly spdxIds: readonly { readonly spdxId: string; readonly fragments: number }[];
}

export function countKinds({ kinds }: FragmentFacts): readonly KindCount[] {
  const counts = new Map<Category, Map<string, number>>();
  for (const { kind, spdxId } of kinds) {
    const ids = counts.get(kind) ?? new Map<string, number>();
    counts.set(kind, ids.set(spdxId ?? '', (ids.get(spdxId ?? '') ?? 0) + 1));
  }
  return [...counts]
    .map(([kind, ids]) => ({
      kind,
      fragments: [...ids.values()].reduce((sum, n) => sum + n, 0),
      spdxIds: [...ids]
        .filter(([spdxId]) => spdxId !== '')
        .map(([spdxId, fragments]) => ({ spdxId, fragments }))
        .sort((a, b) => b.fragments - a.fragments || (a.spdxId < b.spdxId ? -1 : 1)),
    }))
    .sort((a, b) => b.fragments - a.fragments || (a.kind < b.kind ? -1 : 1));
}

function agreedLabels(labels: readonly StoredLabel[]): ReadonlyMap<string, string> {
  const given = new Map<string, Set<string>>();
  for (const { fingerprint, label } of labels) {
    given.set(fingerprint, (given.get(fingerprint) ?? new Set()).add(label));
  }
  return new Map(
    [...given].filter(([, all]) => all.size === 1).map(([fingerprint, all]) => [fingerprint, [...all][0]!]),
  );
}
