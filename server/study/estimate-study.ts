// About how long a study will take and what it will leave on the disk: by what earlier studies took on this machine
// where one sampled this model or one of about its size, and otherwise by what was measured elsewhere
// (docs/performance.md), scaled by the sizes of the model and the training data.

import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { MeasuredSpeed, StudyEstimate } from '../../protocol/plan-file.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { filesIn } from './files-in.ts';

/** Tokens a second and core, times the model's bytes: 388 was measured with 444 MB, and others come near it. */
export const WEIGHT_BYTES_PER_SECOND = 388 * 444e6;
/** Bytes of compressed training data that a core scans in a second. */
export const CORPUS_BYTES_PER_SECOND = 60e6;
/** Bytes that the text, the id and the log-probability of a token take on the disk. */
const BYTES_PER_TOKEN = 14;
/** Models whose sizes differ by a larger factor tell nothing of each other's speed. */
const ALIKE = 4;

export function estimateStudy(
  plan: StudyPlan,
  sizes: readonly number[],
  speeds: readonly MeasuredSpeed[],
): StudyEstimate {
  const { source } = plan;
  const modelBytes =
    source.kind === 'samples'
      ? 0
      : source.kind === 'served'
        ? null
        : bytesOf(source.model, /\.(safetensors|bin|onnx)$/);
  const corpusBytes = plan.corpus.reduce<number | null>((sum, place) => {
    const bytes = bytesOf(place, /./);
    return sum === null || bytes === null ? null : sum + bytes;
  }, 0);
  const nCores = availableParallelism();
  const measured = modelBytes === null ? undefined : nearest(source.model, modelBytes, speeds);
  const scanSpeed = measured?.scanBytesPerSecond ?? CORPUS_BYTES_PER_SECOND * nCores;
  return {
    modelBytes,
    corpusBytes,
    nCores,
    basis: measured === undefined ? 'assumed' : 'measured',
    sizes: sizes.map((nSamples) => {
      const nTokens = nSamples * plan.sampling.maxTokens * (measured?.filled ?? 1);
      const diskBytes = nTokens * (measured?.diskBytesPerToken ?? BYTES_PER_TOKEN);
      if (modelBytes === null || corpusBytes === null) return { nSamples, seconds: null, diskBytes };
      const secondsPerToken =
        measured === undefined
          ? modelBytes / WEIGHT_BYTES_PER_SECOND / nCores
          : modelBytes / measured.modelBytes / measured.tokensPerSecond;
      return { nSamples, seconds: nTokens * secondsPerToken + corpusBytes / scanSpeed, diskBytes };
    }),
  };
}

/** The speed that was measured for this model, or for one that is nearly as large. */
function nearest(
  model: string | null,
  modelBytes: number,
  speeds: readonly MeasuredSpeed[],
): MeasuredSpeed | undefined {
  const same = speeds.find((speed) => speed.model === model);
  if (same !== undefined) return same;
  const apart = (speed: MeasuredSpeed) => Math.abs(Math.log(speed.modelBytes / modelBytes));
  const [closest] = speeds.toSorted((a, b) => apart(a) - apart(b));
  return closest !== undefined && apart(closest) <= Math.log(ALIKE) ? closest : undefined;
}

/** Bytes of the files of a place whose names are wanted; null where the place is not on this machine. */
export function bytesOf(place: string, wanted: RegExp): number | null {
  if (!existsSync(place)) return null;
  if (!statSync(place).isDirectory()) return statSync(place).size;
  return filesIn(place)
    .filter((name) => wanted.test(name))
    .reduce((sum, name) => sum + (statSync(join(place, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
