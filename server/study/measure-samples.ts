// The end of stage `analyse`: the metrics of every sample, once the memorised parts are known. Deflating
// is the slow part, so they are kept and reports only read them.

import type { MatchRule } from '../../protocol/study.ts';
import { measureSample } from '../analysis/sample-metrics.ts';
import { insertSampleMetrics, readMeasurableSamples, type StoredMetrics } from '../store/metrics-table.ts';
import { isDoneAfterAnalysis } from '../store/stages-table.ts';
import { type Database, transact } from '../store/study-file.ts';
import { measureText, type TextMeasure } from './measure-text.ts';

/** `index` counts the samples in order of their ids. */
type MeasureSample = (index: number, text: Uint8Array) => TextMeasure;

/** What is known already; what is not is measured here. */
interface Known {
  readonly measure?: MeasureSample | undefined;
  /** Significant lines of the samples, in order of their ids. */
  readonly nLines?: Uint32Array | undefined;
}

/** Does nothing where the metrics are there already. */
export function measureSamples(db: Database, rule: MatchRule, known: Known = {}): void {
  if (isDoneAfterAnalysis(db, 'measure')) return;
  transact(db, () => insertSampleMetrics(db, metricsOf(db, rule, known)));
}

function* metricsOf(
  db: Database,
  rule: MatchRule,
  { measure = (_, text) => measureText(text), nLines }: Known,
): Generator<StoredMetrics> {
  let index = 0;
  for (const sample of readMeasurableSamples(db)) {
    const { text, covered } = sample;
    yield { ...measureSample(sample, covered, rule, nLines?.[index]), ...measure(index, text) };
    index++;
  }
}
