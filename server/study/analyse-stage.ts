// Stage `analyse`: from the shards' partial results to fragments with exact counts.

import type { MatchRule, StudyState } from '../../protocol/study.ts';
import { coverageOf } from '../engine/find-coverage.ts';
import { countInSteps } from '../engine/find-fragments.ts';
import { prepareInSteps } from '../engine/prepare-request.ts';
import { linesOfSamples } from '../engine/sample-index.ts';
import { throwIfAborted } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import { numberInSteps } from '../kernel/number-samples.ts';
import { startMeter } from '../progress.ts';
import { detectionInputsDigest } from '../store/detection-inputs.ts';
import { forgetFacts } from '../store/facts-tables.ts';
import { replaceCoverage, replaceInSteps } from '../store/fragments-table.ts';
import { forgetSampleMetrics } from '../store/metrics-table.ts';
import { holdsDocuments, isCorpusWhole, readShardResults } from '../store/shards-table.ts';
import { isDoneFrom, setDone } from '../store/stages-table.ts';
import { type Database, transactInTurns } from '../store/study-file.ts';
import { describe } from './describe-fragments-stage.ts';
import { detectionSamples, type NumberedSamples } from './detection-samples.ts';
import { measureSamples } from './measure-samples.ts';
import type { StageContext } from './stage-context.ts';

/**
 * Returns the study's final state: `partial` when some data could not be read, or nothing was searched at all. `numbered` are the
 * study's samples where a scan has just numbered their lines.
 */
export async function analyse(
  { db, plan, signal, report }: StageContext,
  numbered: NumberedSamples | null = null,
): Promise<StudyState> {
  throwIfAborted(signal);
  const inputs = detectionInputsDigest(db, plan.rule);
  let nLines: Uint32Array | undefined;
  if (!isDoneFrom(db, 'analyse', inputs)) {
    const meter = startMeter(report, 'analyse', 'steps', 4);
    const { rule } = plan;
    const known = numbered ?? (await numberSamples(db, rule, signal));
    nLines = linesOfSamples(known.index);
    const request = { ...known, rule, results: readShardResults(db) };
    const prepared = await inTurns(prepareInSteps(request), signal);
    meter.advance(1);
    const fragments = await inTurns(countInSteps(prepared), signal);
    meter.advance(1);
    await transactInTurns(db, async () => {
      await inTurns(replaceInSteps(db, fragments), signal);
      replaceCoverage(db, coverageOf(prepared));
      forgetSampleMetrics(db);
      forgetFacts(db);
      setDone(db, 'analyse', inputs);
    });
    meter.advance(1);
    await describe(db);
    meter.advance(1);
  }
  await describe(db); // For a study whose earlier run died after the analysis.
  measureSamples(db, plan.rule, { nLines });
  return isCorpusWhole(db) && holdsDocuments(db) ? 'complete' : 'partial';
}

async function numberSamples(db: Database, rule: MatchRule, signal: AbortSignal): Promise<NumberedSamples> {
  const samples = detectionSamples(db);
  return { samples, index: await inTurns(numberInSteps(samples, rule), signal) };
}
