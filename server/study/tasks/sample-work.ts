// The work of sampling tasks: each makes a range of the study's samples, batch by batch, as this machine would make them.

import type { Execution, SamplingPlan } from '../../../protocol/study.ts';
import type { OpenTask, Piece, Work } from '../../cluster/run-tasks.ts';
import { UserError } from '../../errors.ts';
import { openGuarded } from '../../sampling/model/open-guarded.ts';
import { type GeneratedSample, type SamplerEnvironment, sampleModel } from '../../sampling/sample-model.ts';

/** What all sampling tasks of a study need. */
export interface SampleInput {
  /** Folder of the model. */
  readonly model: string;
  readonly modelDigest: string;
  readonly plan: SamplingPlan;
  readonly execution: Execution;
}

/** Ids of the first sample, and of the one after the last. */
export type SampleTask = readonly [first: number, end: number];

/** A batch, and what it was made with. */
export interface SamplePiece {
  readonly samples: readonly GeneratedSample[];
  readonly environment: SamplerEnvironment;
}

export function sampleWork({ model, modelDigest, plan, execution }: SampleInput): Work {
  return {
    async *pieces(tasks, signal) {
      const checkpoint = await openTheModel(model, modelDigest, signal);
      // On devices it is part of a sample which ones were made with it, and ranges end where batches do if those have one size.
      const isAnyBatch = execution.provider === 'cpu' || execution.batch !== 'auto';
      for (const together of isAnyBatch ? [tasks] : tasks.map((task) => [task])) {
        const rankOf = wantedSamples(together);
        let environment: SamplerEnvironment | undefined;
        const batches = sampleModel({
          checkpoint,
          plan,
          execution,
          isDone: (id) => !rankOf.has(id),
          signal,
          onEnvironment: (now) => {
            environment = now;
          },
        });
        for await (const batch of batches) yield* piecesOf(batch, rankOf, environment!);
      }
    },
    isWhole: (task, done) => {
      const [first, end] = task as SampleTask;
      for (let id = first; id < end; id++) if (!done.has(id)) return false;
      return true;
    },
  };
}

/** The samples that are not done, with the task of each. */
function wantedSamples(tasks: readonly OpenTask[]): ReadonlyMap<number, number> {
  const ranks = new Map<number, number>();
  for (const { rank, task, done } of tasks) {
    const [first, end] = task as SampleTask;
    for (let id = first; id < end; id++) if (!done.has(id)) ranks.set(id, rank);
  }
  return ranks;
}

function* piecesOf(
  batch: readonly GeneratedSample[],
  rankOf: ReadonlyMap<number, number>,
  environment: SamplerEnvironment,
): Generator<Piece> {
  for (const [rank, samples] of Map.groupBy(batch, ({ sampleId }) => rankOf.get(sampleId)!)) {
    const value: SamplePiece = { samples, environment };
    yield { rank, items: samples.map(({ sampleId }) => sampleId), value };
  }
}

/** Throws a `UserError` where it is another one than the study's. */
export async function openTheModel(model: string, digest: string, signal: AbortSignal) {
  const checkpoint = await openGuarded(model, signal);
  if (checkpoint.digest === digest) return checkpoint;
  throw new UserError(`The model in ${model} is not the one that the study began with`, {
    action: 'Put the model into a folder that all nodes share.',
  });
}
