// The answers to the dashboard's two questions. Each opens the file, reads and closes it: nothing is held
// between requests.

import type {
  CountsMark,
  Dashboard,
  DashboardAnswers,
  Kept,
  Measured,
  PredictorCurves,
} from '../../protocol/dashboard.ts';
import type { FragmentRow, Page } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';
import { measureStudy, type Part } from '../answers/measure-study.ts';
import { rankPredictors } from '../answers/rank-predictors.ts';
import { isDescribed } from '../store/facts-tables.ts';
import { hasSampleMetrics } from '../store/metrics-table.ts';
import { type Database, isLocked, openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { summarise } from '../store/summary.ts';
import { describeStudy } from '../study/describe-fragments-stage.ts';
import { repeatCommand } from './dashboard-command.ts';
import { listSelection, type SelectionRequest } from './dashboard-fragments.ts';
import { countTaxonomy, firstProblems, topLicenses, topSources } from './dashboard-sources.ts';

/** Marks of the train × extract plot, of the most fragments. */
const COUNTS_SHOWN = 1500;

export async function getDashboard(study: StudyId): Promise<Dashboard> {
  // For files of earlier versions, and imported ones.
  await describeStudy(study);
  using db = openForReading(study);
  const summary = summarise(db, study, isLocked(study));
  const isAnalysed = summary.nFragments !== null && hasSampleMetrics(db);
  return {
    summary,
    environment: describeEnvironment(readStudy(db)?.environment ?? {}),
    repeat: repeatCommand(summary.plan, summary.name),
    problems: { total: summary.nProblems, first: firstProblems(db) },
    answers: isAnalysed ? answers(db) : null,
  };
}

export async function listDashboardFragments({
  study,
  ...request
}: SelectionRequest & { readonly study: StudyId }): Promise<Page<FragmentRow>> {
  using db = openForReading(study);
  return await listSelection(db, request);
}

function answers(db: Database): DashboardAnswers {
  const m = measureStudy(db);
  const correlations = [
    { name: 'Pearson', found: m.correlation.pearson },
    { name: 'Spearman', found: m.correlation.spearman },
  ];
  return {
    samples: share(m.samples),
    lines: share(m.lines),
    tokens: m.tokens && share(m.tokens),
    fragments: measured(m.fragments.count),
    nFamilies: m.fragments.families,
    unseen: { total: measured(m.unseen.chao1), coverage: m.unseen.goodTuringCoverage },
    correlations: correlations.flatMap(({ name, found }) =>
      found ? [{ name, value: measured(found), pValue: found.pValue }] : [],
    ),
    counts: countMarks(db),
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
    taxonomy: isDescribed(db) ? countTaxonomy(db) : null,
    predictors: rankPredictors(db).map(
      ({ title, formula, quality, absent, top }): PredictorCurves => ({
        title,
        formula,
        absent,
        auc: quality && measured(quality.auc),
        averagePrecision: quality?.averagePrecision ?? null,
        roc: quality?.roc ?? [],
        precisionRecall: quality?.precisionRecall ?? [],
        top: top.map(({ sample, score, memorised }) => ({
          sampleId: sample,
          score,
          isMemorised: memorised,
        })),
      }),
    ),
    sources: topSources(db),
    licenses: topLicenses(db),
  };
}

/** Fragments with equal counts are one mark; those of the most fragments first. */
function countMarks(db: Database): Kept<CountsMark> {
  const rows = db
    .prepare(
      `SELECT train, extract, count(*) AS n, min(fragment_id) AS first FROM fragments
       GROUP BY train, extract ORDER BY n DESC, first`,
    )
    .all();
  const fingerprint = db.prepare('SELECT fingerprint FROM fragments WHERE fragment_id = ?');
  const items = rows.slice(0, COUNTS_SHOWN).map((row) => ({
    train: Number(row.train),
    extract: Number(row.extract),
    nFragments: Number(row.n),
    fingerprint: String(fingerprint.get(row.first!)?.fingerprint),
  }));
  return { items, total: rows.length };
}

const measured = ({ value, low, high }: Measured): Measured => ({ value, low, high });
const share = ({ total, memorised, share: s }: Part) => ({ total, memorised, share: measured(s) });

const SHOWN_FACTS: readonly (readonly [fact: string, name: string])[] = [
  ['verbatim', 'Verbatim'],
  ['node', 'Node'],
  ['system', 'System'],
  ['runtime', 'Runtime'],
  ['provider', 'Provider'],
  ['form', 'Graph form'],
  ['modelDigest', 'Model digest'],
];

function describeEnvironment(
  facts: Readonly<Record<string, unknown>>,
): readonly (readonly [string, string])[] {
  return SHOWN_FACTS.flatMap(([fact, name]) => {
    const value = facts[fact];
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)] as const] : [];
  });
}
