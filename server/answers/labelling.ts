// Labels by hand: the sample to label, how far annotators agree, and how well the rules do against them.

import { type Agreement, cohensKappa, type LabelPrecision, labelPrecision } from '../analysis/agreement.ts';
import { type Estimate, wilson } from '../analysis/intervals.ts';
import { drawWithoutReplacement, randomSource } from '../analysis/random.ts';
import { readLabels } from '../store/labels-table.ts';
import { readFragmentFigures } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';
import { findFragment } from '../store/views.ts';
import type { FragmentFacts } from './describe-fragments.ts';

export interface LabelDraw {
  readonly size: number;
  readonly seed: number;
  /** From families at most one fragment each is drawn: those of one family quote one another. */
  readonly from: 'fragments' | 'families';
}

/**
 * A random sample of fragments, by fragment_id. Drawn over fingerprints in order, so that it depends on the
 * fragments and the seed alone, and not on their ranks.
 */
export function drawLabelSample(db: Database, { size, seed, from }: LabelDraw): readonly number[] {
  const groups = new Map<number, number[]>();
  for (const { fragmentId: id, family } of readFragmentFigures(db, ['fragmentId', 'family'], 'fingerprint')) {
    const key = from === 'families' ? family : id;
    const group = groups.get(key);
    if (group) group.push(id);
    else groups.set(key, [id]);
  }
  const random = randomSource(seed);
  const all = [...groups.values()];
  return drawWithoutReplacement(all.length, size, random).map((i) => {
    const group = all[i]!;
    return group.length === 1 ? group[0]! : group[random.below(group.length)]!;
  });
}

export interface LabelReport {
  readonly annotators: readonly { readonly annotator: string; readonly labels: number }[];
  /** Each pair of annotators, over the fragments that both labelled. */
  readonly agreement: readonly {
    readonly a: string;
    readonly b: string;
    readonly n: number;
    /** Null where both used one label only. */
    readonly kappa: Agreement | null;
  }[];
  /** Fragments that annotators label differently: they count for no precision. */
  readonly disputed: readonly string[];
  /** The rules against the labels that all annotators of a fragment agree on. */
  readonly precision: readonly LabelPrecision[];
  /** Share of those labels that the rules give too; null without any. */
  readonly accuracy: { readonly n: number; readonly share: Estimate } | null;
}

export function reportLabels(db: Database, facts: FragmentFacts): LabelReport {
  const labels = readLabels(db);
  const annotators = [...new Set(labels.map(({ annotator }) => annotator))].sort();
  const by = new Map(
    annotators.map((name) => [
      name,
      new Map(labels.filter((l) => l.annotator === name).map((l) => [l.fingerprint, l.label])),
    ]),
  );
  const rules = rulesAgainstHands(db, facts);
  const nRight = rules.filter(([rule, hand]) => rule === hand).length;
  const pairs = annotators.flatMap((a, i) => annotators.slice(i + 1).map((b) => [a, b] as const));
  return {
    annotators: annotators.map((annotator) => ({ annotator, labels: by.get(annotator)!.size })),
    agreement: pairs.map(([a, b]) => {
      const both = [...by.get(a)!].flatMap(([fingerprint, label]) => {
        const other = by.get(b)!.get(fingerprint);
        return other === undefined ? [] : [[label, other] as const];
      });
      return { a, b, n: both.length, kappa: cohensKappa(both) ?? null };
    }),
    disputed: [...new Set(labels.map(({ fingerprint }) => fingerprint))].filter(
      (fingerprint) => !facts.handLabels.has(fingerprint),
    ),
    precision: labelPrecision(rules),
    accuracy: rules.length > 0 ? { n: rules.length, share: wilson(nRight, rules.length) } : null,
  };
}

function rulesAgainstHands(db: Database, { kinds, handLabels }: FragmentFacts) {
  return [...handLabels].flatMap(([fingerprint, label]) => {
    const fragment = findFragment(db, fingerprint);
    return fragment ? [[kinds[fragment.fragmentId]!.kind, label] as const] : [];
  });
}
