// The end of stage `analyse`: the metrics of every sample, once the memorised parts are known. Deflating
// is the slow part, so they are kept and reports only read them.

import { deflateSync } from 'node:zlib';
import type { MatchRule } from '../../protocol/study.ts';
import { isLoop } from '../analysis/repetition.ts';
import { measureSample } from '../analysis/sample-metrics.ts';
import { insertSampleMetrics, readMeasurableSamples, type StoredMetrics } from '../store/metrics-table.ts';
import { isDoneAfterAnalysis } from '../store/stages-table.ts';
import { type Database, transact } from '../store/study-file.ts';

/** Does nothing where the metrics are there already. */
export function measureSamples(db: Database, rule: MatchRule): void {
  if (isDoneAfterAnalysis(db, 'measure')) return;
  transact(db, () => insertSampleMetrics(db, metricsOf(db, rule)));
}

function* metricsOf(db: Database, rule: MatchRule): Generator<StoredMetrics> {
  const decoder = new TextDecoder();
  for (const sample of readMeasurableSamples(db)) {
    const { text, covered } = sample;
    const zlibBytes = deflateSync(text, { level: 6 }).length;
    const repeats = isLoop(decoder.decode(text), text.length, zlibBytes);
    yield { ...measureSample(sample, covered, rule), zlibBytes, isLoop: repeats };
  }
}
