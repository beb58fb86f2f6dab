// What the dashboard shows when it has been computed: intervals by drawing samples again, curves, estimates.
// Synchronous, and seconds for a million fragments: it runs in a process of its own (`alone` in study-messages.ts).

import type { AnywayMarks, DashboardMeasures, PredictorCurves } from '../../protocol/dashboard.ts';
import type { Measured } from '../../protocol/measured.ts';
import { measureControls, type StudyControls } from '../answers/measure-controls.ts';
import { type MatchedParts, measureParts } from '../answers/measure-parts.ts';
import { measureStudy } from '../answers/measure-study.ts';
import { rankPredictors } from '../answers/rank-predictors.ts';
import { listEqualCounts } from '../store/fragment-counts.ts';
import type { Database } from '../store/study-file.ts';

/** Marks of the train × extract plot, of the most fragments. */
const COUNTS_SHOWN = 1500;

export function measureForDashboard(db: Database): DashboardMeasures {
  const ofSamples = measureParts(db);
  const m = measureStudy(db, ofSamples);
  const correlations = [
    { name: 'Pearson', found: m.correlation.pearson },
    { name: 'Spearman', found: m.correlation.spearman },
  ];
  return {
    samples: measured(m.samples.share),
    lines: measured(m.lines.share),
    tokens: m.tokens && measured(m.tokens.share),
    fragments: measured(m.fragments.count),
    unseen: { total: measured(m.unseen.chao1), coverage: m.unseen.goodTuringCoverage },
    correlations: correlations.flatMap(({ name, found }) =>
      found ? [{ name, value: measured(found), pValue: found.pValue }] : [],
    ),
    counts: listEqualCounts(db, COUNTS_SHOWN),
    growth: m.growth.map(({ nSamples, fragments, low, high }) => ({
      nSamples,
      nFragments: fragments,
      low,
      high,
    })),
    lengths: m.byLength.map(({ fromLines, toLines, fragments }) => ({
      fromLines,
      toLines,
      nFragments: fragments,
    })),
    anyway: anywayMarks(measureControls(db, ofSamples)),
    predictors: rankPredictors(db, ofSamples.rows).map(
      ({ title, formula, quality, absent, top }): PredictorCurves => ({
        title,
        formula,
        absent,
        auc: quality && measured(quality.auc),
        averagePrecision: quality?.averagePrecision ?? null,
        roc: quality?.roc ?? [],
        precisionRecall: quality?.precisionRecall ?? [],
        top: top.map(({ sample, score, memorised, loop }) => ({
          sampleId: sample,
          score,
          isMemorised: memorised,
          isLoop: loop,
        })),
      }),
    ),
  };
}

function anywayMarks({ all, loops, byCopies, control }: StudyControls): AnywayMarks {
  const rates = ({ samples, lines, windows }: MatchedParts) => ({
    samples: measured(samples.share),
    lines: measured(lines.share),
    windows: windows && measured(windows.share),
  });
  return {
    all: rates(all),
    loops: { nSamples: loops.nSamples, ...rates(loops) },
    byCopies: byCopies.map(({ least, most, fragments, samples }) => ({
      ...{ least, most: most === Infinity ? null : most, nFragments: fragments },
      samples: measured(samples.share),
    })),
    control: control && {
      ...{ nDocuments: control.nDocuments, nWhole: control.nWhole, ...rates(control) },
      excess: {
        samples: measured(control.excess.samples),
        lines: measured(control.excess.lines),
        windows: control.excess.windows && measured(control.excess.windows),
      },
    },
  };
}

const measured = ({ value, low, high }: Measured): Measured => ({ value, low, high });
