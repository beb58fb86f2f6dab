// Tables `sample_metrics` and `sample_scores`: what is known of each sample, for measures and predictors.

import type { PredictorInputs } from '../analysis/predictors.ts';
import type { SampleMetrics } from '../analysis/sample-metrics.ts';
import type { SampleTokens } from '../analysis/text-tokens.ts';
import type { CoveredRange } from '../engine/detection.ts';
import { forgetStage, setDoneAfterAnalysis } from './stages-table.ts';
import type { Database } from './study-file.ts';

export interface StoredMetrics extends SampleMetrics {
  readonly zlibBytes: number;
  /** It only repeats itself. */
  readonly isLoop: boolean;
}

/** Replaces the metrics of all samples. Call inside a transaction. */
export function insertSampleMetrics(db: Database, all: Iterable<StoredMetrics>): void {
  forgetSampleMetrics(db);
  const insert = db.prepare('INSERT INTO sample_metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const m of all) {
    const tokens = [m.nTokens, m.nMemorisedTokens, m.meanNll, m.windowedPerplexity] as const;
    const windows = [m.nWindows, m.nMemorisedWindows] as const;
    insert.run(m.sampleId, m.nLines, m.nMemorisedLines, ...tokens, m.zlibBytes, ...windows, m.isLoop ? 1 : 0);
  }
  setDoneAfterAnalysis(db, 'measure');
}

/** Call it when the memorised parts change. */
export function forgetSampleMetrics(db: Database): void {
  db.exec('DELETE FROM sample_metrics');
  forgetStage(db, 'measure');
}

interface Part {
  readonly total: number;
  readonly memorised: number;
}

/** Sums over all samples; `tokens` is null where some sample's tokens are unknown. */
export function sumSampleMetrics(db: Database): {
  readonly samples: Part;
  readonly lines: Part;
  readonly tokens: Part | null;
} {
  const row = db
    .prepare(
      `SELECT count(*) AS n, count(*) FILTER (WHERE n_memorised_lines > 0) AS memorised, count(n_tokens) AS known,
         coalesce(sum(n_lines), 0) AS lines, coalesce(sum(n_memorised_lines), 0) AS memorised_lines,
         coalesce(sum(n_tokens), 0) AS tokens, coalesce(sum(n_memorised_tokens), 0) AS memorised_tokens
       FROM sample_metrics`,
    )
    .get()!;
  const part = (total: string, memorised: string): Part => ({
    total: Number(row[total]),
    memorised: Number(row[memorised]),
  });
  return {
    samples: part('n', 'memorised'),
    lines: part('lines', 'memorised_lines'),
    tokens: Number(row.n) > 0 && row.known === row.n ? part('tokens', 'memorised_tokens') : null,
  };
}

/** Significant lines of the sample that has most; infinite where no sample has been measured. */
export function mostSampleLines(db: Database): number {
  const most = db.prepare('SELECT max(n_lines) AS most FROM sample_metrics').get()?.most;
  return typeof most === 'number' ? most : Number.POSITIVE_INFINITY;
}

export interface MeasurableSample {
  readonly sampleId: number;
  readonly text: Uint8Array;
  readonly tokens: SampleTokens | null;
  readonly covered: readonly CoveredRange[];
}

/** Samples in order of id, each with its memorised parts; one in memory at a time. */
export function* readMeasurableSamples(db: Database): Generator<MeasurableSample> {
  const coveredOf = coveredBySample(db);
  const samples = db.prepare('SELECT sample_id, text, logprobs, token_bytes FROM samples ORDER BY sample_id');
  for (const row of samples.iterate()) {
    const lengths = row.token_bytes as Uint8Array | null;
    const logprobs = row.logprobs as Uint8Array | null;
    const sampleId = Number(row.sample_id);
    yield {
      sampleId,
      text: row.text as Uint8Array,
      tokens: lengths && {
        nBytes: new Uint16Array(lengths.slice().buffer),
        logprobs: logprobs && new Float32Array(logprobs.slice().buffer),
      },
      covered: coveredOf(sampleId),
    };
  }
}

/** Asked in order of samples, it reads all parts once: few samples have any, and a question takes longer than a row. */
function coveredBySample(db: Database): (sampleId: number) => readonly CoveredRange[] {
  const rows = db.prepare('SELECT * FROM memorised_ranges ORDER BY sample_id, ordinal').iterate();
  let next = rows.next();
  return (sampleId) => {
    const covered: CoveredRange[] = [];
    for (; !next.done && Number(next.value.sample_id) <= sampleId; next = rows.next()) {
      const range = next.value;
      if (Number(range.sample_id) !== sampleId) continue;
      covered.push({
        sampleId,
        nLines: Number(range.n_lines),
        nWindows: range.n_windows as number | null,
        firstLine: Number(range.first_line),
        lastLine: Number(range.last_line),
        byteOffset: Number(range.byte_offset),
        nBytes: Number(range.n_bytes),
      });
    }
    return covered;
  };
}

/** One row a sample, in order of id. */
export interface SampleRow extends PredictorInputs {
  readonly sampleId: number;
  readonly nLines: number;
  readonly nMemorisedLines: number;
  /** Null where they were not counted, likewise below. */
  readonly nWindows: number | null;
  readonly nMemorisedWindows: number | null;
  readonly isLoop: boolean | null;
  readonly nTokens: number | null;
  readonly nMemorisedTokens: number | null;
}

export function readSampleRows(db: Database): readonly SampleRow[] {
  const score = (scorer: Scorer, column: 'mean_nll' | 'windowed_perplexity' = 'mean_nll') =>
    `(SELECT ${column} FROM sample_scores s WHERE s.scorer = '${scorer}' AND s.sample_id = m.sample_id)`;
  return db
    .prepare(
      `SELECT m.*, coalesce(m.mean_nll, ${score('model')}) AS any_mean_nll,
         coalesce(m.windowed_perplexity, ${score('model', 'windowed_perplexity')}) AS any_windowed_perplexity,
         ${score('second-model')} AS second_mean_nll, ${score('lowercase')} AS lowercase_mean_nll
       FROM sample_metrics m ORDER BY sample_id`,
    )
    .all()
    .map((row) => ({
      sampleId: Number(row.sample_id),
      nLines: Number(row.n_lines),
      nMemorisedLines: Number(row.n_memorised_lines),
      nWindows: row.n_windows as number | null,
      nMemorisedWindows: row.n_memorised_windows as number | null,
      isLoop: row.is_loop === null ? null : row.is_loop === 1,
      nTokens: row.n_tokens as number | null,
      nMemorisedTokens: row.n_memorised_tokens as number | null,
      meanNll: row.any_mean_nll as number | null,
      windowedPerplexity: row.any_windowed_perplexity as number | null,
      zlibBytes: Number(row.zlib_bytes),
      secondMeanNll: row.second_mean_nll as number | null,
      lowercaseMeanNll: row.lowercase_mean_nll as number | null,
    }));
}

/** `model` is the model that made the samples, or the one that is taken for it where they were made elsewhere. */
export type Scorer = 'model' | 'second-model' | 'lowercase';

export interface SampleScore {
  readonly sampleId: number;
  readonly meanNll: number;
  readonly windowedPerplexity: number | null;
}

/** Keeps what a scorer found; earlier scores of the same scorer are replaced. Call inside a transaction. */
export function replaceSampleScores(db: Database, scorer: Scorer, scores: Iterable<SampleScore>): void {
  db.prepare('DELETE FROM sample_scores WHERE scorer = ?').run(scorer);
  const insert = db.prepare('INSERT INTO sample_scores VALUES (?, ?, ?, ?)');
  for (const { sampleId, meanNll, windowedPerplexity } of scores)
    insert.run(scorer, sampleId, meanNll, windowedPerplexity);
}
