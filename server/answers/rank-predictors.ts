// How well memorised samples can be told without the training data: every predictor against what the scan
// really found.

import { type Predictor, predictorRules } from '../analysis/predictors.ts';
import { type RankingQuality, rankingQuality } from '../analysis/ranking.ts';
import { readSampleRows, type SampleRow } from '../store/metrics-table.ts';
import type { Database } from '../store/study-file.ts';
import { findLoops } from './measure-controls.ts';

export interface PredictorAnswer {
  readonly predictor: Predictor;
  readonly title: string;
  readonly formula: string;
  /** Null with the reason why, where it was not measured or there is nothing to tell apart. */
  readonly quality: RankingQuality | null;
  readonly absent: string | null;
  /** The highest-scored samples, best first. */
  readonly top: readonly {
    readonly sample: number;
    readonly score: number;
    readonly memorised: boolean;
    /** It only repeats itself. */
    readonly loop: boolean;
  }[];
}

/** The most samples that are listed of a predictor. */
const TOP = 100;

export function rankPredictors(
  db: Database,
  rows: readonly SampleRow[] = readSampleRows(db),
): readonly PredictorAnswer[] {
  const loops = findLoops(db, rows);
  return predictorRules.map(({ predictor, title, formula, score }) => {
    const scored = rows.flatMap((row) => {
      const value = score(row);
      return value === null || Number.isNaN(value)
        ? []
        : [
            {
              sample: row.sampleId,
              score: value,
              memorised: row.nMemorisedLines > 0,
              loop: loops.has(row.sampleId),
            },
          ];
    });
    const quality = rankingQuality(
      scored.map((s) => s.score),
      scored.map((s) => s.memorised),
    );
    return {
      predictor,
      title,
      formula,
      quality: quality ?? null,
      absent: quality ? null : whyAbsent(predictor, scored.length),
      top: scored.sort((a, b) => (a.score > b.score ? -1 : a.score < b.score ? 1 : 0)).slice(0, TOP),
    };
  });
}

function whyAbsent(predictor: Predictor, nScored: number): string {
  if (nScored > 0) return 'All samples are memorised, or none: there is nothing to tell apart.';
  if (predictor === 'ppl-ppl') return 'No second model has scored the samples.';
  if (predictor === 'ppl-lowercase') return 'The lower-cased samples have not been scored.';
  return 'The samples were made elsewhere, without log-probabilities, and no model has scored them.';
}
