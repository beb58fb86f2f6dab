// Maps shards on this machine: the model is opened once, in the form that the execution asks for, and reads them.

import type { Execution, StudyPlan } from '../../../protocol/study.ts';
import type { Shard } from '../../corpus/shard.ts';
import { count } from '../../formats/report-numbers.ts';
import { positionsAtOnce } from '../../sampling/forms/score/windows.ts';
import { type MapReader, openMapReader } from '../../sampling/map-model.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';
import { mapQuestion } from './map-question.ts';
import { type MapShardsRequest, mapShards, type ShardMap } from './map-shards.ts';

/** What reads, for the study's record. */
export type MapEnvironment = Pick<MapReader, 'provider' | 'workers' | 'form' | 'fallbacks'>;

export interface MapRequest extends Pick<MapShardsRequest, 'shards' | 'ready' | 'signal' | 'onBytes'> {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly plan: StudyPlan;
  readonly execution: Execution;
  /** Bytes of all shards, mapped or not: what is worth a device. */
  readonly corpusBytes: number;
  /** Called before the first map. */
  readonly onEnvironment: (environment: MapEnvironment) => void;
  /** Hears how the work is getting on, in words. */
  readonly say?: (words: string) => void;
}

export async function* mapHere(request: MapRequest): AsyncGenerator<ShardMap> {
  const { checkpoint, plan, execution, corpusBytes, onEnvironment, say, ...rest } = request;
  const map = plan.map!;
  const question = mapQuestion(plan, execution, checkpoint, [{ nBytes: corpusBytes }], rest.signal);
  using reader = await openMapReader(question);
  const { provider, workers, form, fallbacks } = reader;
  onEnvironment({ provider, workers, form, fallbacks });
  const startedAt = performance.now();
  let nTokens = 0;
  yield* mapShards({
    ...rest,
    checkpoint,
    map,
    reader,
    profile: plan.rule.profile,
    bosToken: map.bos ? checkpoint.config.bosToken : null,
    nPositions: positionsAtOnce(checkpoint.config),
    onTokens: (n) => {
      nTokens += n;
      const perSecond = (1000 * nTokens) / (performance.now() - startedAt);
      say?.(`${count(nTokens)} tokens, ${count(Math.round(perSecond))} a second`);
    },
  });
}

export const bytesOf = (shards: readonly Pick<Shard, 'nBytes'>[]): number =>
  shards.reduce((sum, { nBytes }) => sum + nBytes, 0);
