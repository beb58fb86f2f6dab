// Labels by hand: the sample to label, how far annotators agree, and how well the rules do against them.

import { type Agreement, cohensKappa, type LabelPrecision, labelPrecision } from '../analysis/agreement.ts';
import { drawWithoutReplacement, randomSource } from '../analysis/random.ts';
import { readLabels } from '../store/labels-table.ts';
import type { Database } from '../store/study-file.ts';
import type { FragmentFacts } from './describe-fragments.ts';

/**
 * A random sample of fragments, by fragment_id. Drawn over fingerprints in order, so that it depends on the
 * fragments and the seed alone, and not on their ranks.
 */
export function drawLabelSample(db: Database, size: number, seed: number): readonly number[] {
  const ids = db
    .prepare('SELECT fragment_id FROM fragments ORDER BY fingerprint')
    .all()
    .map((row) => Number(row.fragment_id));
  return drawWithoutReplacement(ids.length, size, randomSource(seed)).map((i) => ids[i]!);
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
    precision: labelPrecision(rulesAgainstHands(db, facts)),
  };
}

function rulesAgainstHands(db: Database, { kinds, handLabels }: FragmentFacts) {
  const id = db.prepare('SELECT fragment_id FROM fragments WHERE fingerprint = ?');
  return [...handLabels].flatMap(([fingerprint, label]) => {
    const row = id.get(fingerprint);
    return row ? [[kinds[Number(row.fragment_id)]!.kind, label] as const] : [];
  });
}
