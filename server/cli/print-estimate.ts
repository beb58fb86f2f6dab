// `verbatim discover --estimate`: how long a map would take, before it is made.

import type { Execution, MapPlan } from '../../protocol/study.ts';
import { count, counted } from '../formats/report-numbers.ts';
import type { SweepPoint } from '../plan/plan-file.ts';
import { estimateMap, type MapEstimate } from '../study/maps/estimate-map.ts';
import { naming } from './named-places.ts';
import { timeText } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines } from './write-lines.ts';

export async function printEstimates(points: readonly SweepPoint[], execution: Execution): Promise<void> {
  let seconds = 0;
  for (const { name, plan } of points) {
    const named = naming(execution, [plan]);
    const estimate = await untilInterrupted((signal) => estimateMap(plan, named, signal));
    const lines = [...linesOf(estimate), ...onTop(estimate, plan.map!)];
    await tellLines(points.length === 1 ? lines : [name, ...lines, '']);
    seconds += estimate.seconds;
  }
  if (points.length > 1) await tellLines([`All of them: about ${timeText(1000 * seconds)}`]);
}

function* linesOf(e: MapEstimate): Generator<string> {
  const about = (value: number) => count(Number(value.toPrecision(3)));
  yield `Corpus    ${size(e.corpusBytes)} in ${counted(e.nShards, 'shard')}; measured on ${counted(e.nDocuments, 'document')}, ${size(e.textBytes)} of text`;
  yield `Windows   about ${about(e.nWindows)} of ${about(e.nTokens)} tokens`;
  yield `Model     reads about ${about(e.nPositions)} tokens, ${about(e.positionsPerSecond)} a second on ${e.provider}, ${counted(e.workers, 'worker')}: ${timeText(1000 * e.modelSeconds)}`;
  yield `Reading   and tokenising beside it, and counting copies: ${timeText(1000 * e.readingSeconds)}`;
  yield `Time      about ${timeText(1000 * e.seconds)}`;
  yield `Disk      at least ${size(e.studyBytes)} for the study file, and windows that are kept with their text`;
}

/** The sampler's speed is not measured, so that its part is told in tokens. */
function* onTop({ nSampledTokens }: MapEstimate, { examine, calibrate }: MapPlan): Generator<string> {
  if (nSampledTokens === 0) return;
  yield `On top    at most ${count(nSampledTokens)} tokens that are sampled, for ${count(examine)} windows that are examined and ${count(calibrate)} that are drawn again and again`;
}

const size = (nBytes: number): string =>
  nBytes < 1e9 ? `${(nBytes / 1e6).toFixed(1)} MB` : `${(nBytes / 1e9).toFixed(1)} GB`;
