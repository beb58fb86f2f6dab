// Scores a study's samples once more, for the predictors that need another model or another text.

import type { Execution } from '../../protocol/study.ts';
import { type Report, startMeter } from '../progress.ts';
import { openGuarded } from '../sampling/model/open-guarded.ts';
import { scoreTexts } from '../sampling/score.ts';
import { countSamples } from '../store/counts.ts';
import { replaceSampleScores, type SampleScore, type Scorer } from '../store/metrics-table.ts';
import { readSampleTexts } from '../store/samples-table.ts';
import { type Database, transact } from '../store/study-file.ts';
import { mergeEnvironment, readStudy } from '../store/study-table.ts';
import { unpinnedModel } from './hub-sources.ts';

/** All or nothing: the scores of an interrupted run are not kept. */
export async function scoreSamples(
  db: Database,
  scorer: Scorer,
  model: string,
  execution: Execution,
  signal: AbortSignal,
  report: Report,
): Promise<void> {
  const checkpoint = await openGuarded(await unpinnedModel(model, execution, signal), signal);
  const ids: number[] = [];
  const scores: SampleScore[] = [];
  const meter = startMeter(report, 'sample', 'samples', countSamples(db));
  for await (const { index, meanNll, windowPerplexity } of scoreTexts({
    checkpoint,
    texts: textsOf(db, scorer, ids),
    nPositions: countSamples(db) * (readStudy(db)?.plan.sampling.maxTokens ?? 0),
    execution,
    signal,
  })) {
    if (meanNll !== null)
      scores.push({ sampleId: ids[index]!, meanNll, windowedPerplexity: windowPerplexity });
    meter.advance(1);
  }
  transact(db, () => {
    replaceSampleScores(db, scorer, scores);
    mergeEnvironment(db, { scorers: { [scorer]: { model: checkpoint.name, digest: checkpoint.digest } } });
  });
}

function* textsOf(db: Database, scorer: Scorer, ids: number[]): Generator<Uint8Array> {
  for (const { sampleId, text } of readSampleTexts(db)) {
    ids.push(sampleId);
    // Lower case by Unicode's rules. Bytes that are no characters become replacements, which is enough for a score.
    yield scorer === 'lowercase'
      ? new TextEncoder().encode(new TextDecoder().decode(text).toLowerCase())
      : text;
  }
}
