// About how long a study will take and what it will leave on the disk, from the sizes of the model and the training
// data alone. Rough on purpose: it tells minutes from hours, and is measured against nothing else.

import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { StudyPlan } from '../../protocol/study.ts';
import { filesIn } from './files-in.ts';

/** Reading weights once a token and batch is what sampling on a processor costs: bytes a second and core. */
const WEIGHT_BYTES_PER_SECOND = 4e9;
/** Samples that share one reading of the weights. */
const BATCH = 32;
/** Compressed training data a second and core. */
const CORPUS_BYTES_PER_SECOND = 60e6;
/** Text, tokens and log-probabilities. */
const BYTES_PER_TOKEN = 14;

export interface StudyEstimate {
  readonly corpusBytes: number | null;
  readonly modelBytes: number | null;
  readonly sizes: readonly {
    readonly nSamples: number;
    readonly seconds: number | null;
    readonly diskBytes: number;
  }[];
}

export function estimateStudy(plan: StudyPlan, sizes: readonly number[]): StudyEstimate {
  const modelBytes = plan.model === null ? 0 : bytesOf(plan.model, /\.(safetensors|bin|onnx)$/);
  const corpusBytes = plan.corpus.reduce<number | null>((sum, place) => {
    const bytes = bytesOf(place, /./);
    return sum === null || bytes === null ? null : sum + bytes;
  }, 0);
  const cores = availableParallelism();
  return {
    modelBytes,
    corpusBytes,
    sizes: sizes.map((nSamples) => {
      const nTokens = nSamples * plan.sampling.maxTokens;
      const isKnown = modelBytes !== null && corpusBytes !== null;
      const seconds = isKnown
        ? (nTokens / BATCH) * (modelBytes / WEIGHT_BYTES_PER_SECOND / cores) +
          corpusBytes / CORPUS_BYTES_PER_SECOND / cores
        : null;
      return { nSamples, seconds, diskBytes: nTokens * BYTES_PER_TOKEN };
    }),
  };
}

/** Null where it is not on this machine. */
function bytesOf(place: string, wanted: RegExp): number | null {
  if (!existsSync(place)) return null;
  if (!statSync(place).isDirectory()) return statSync(place).size;
  return filesIn(place)
    .filter((name) => wanted.test(name))
    .reduce((sum, name) => sum + (statSync(join(place, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
