// The work of an extraction map's tasks: in each, the model reads a few shards.

import type { Execution, StudyPlan } from '../../../protocol/study.ts';
import type { Work } from '../../cluster/run-tasks.ts';
import { fetchShards } from '../fetch-shards.ts';
import { type MapEnvironment, mapHere } from '../maps/map-here.ts';
import type { ShardMap } from '../maps/map-shards.ts';
import { openTheModel } from './sample-work.ts';
import { areShardsDone, ranksOfShards } from './scan-work.ts';
import { StagedShards } from './staged-shards.ts';

/** What all tasks of a map need. */
export interface MapInput {
  /** Folder of the model. */
  readonly model: string;
  readonly modelDigest: string;
  readonly plan: StudyPlan;
  readonly execution: Execution;
  readonly corpusBytes: number;
}

/** The map of a shard, and what it was made with. */
export interface MapPiece {
  readonly map: Omit<ShardMap, 'shard'>;
  readonly environment: MapEnvironment;
}

export function mapWork({ model, modelDigest, ...question }: MapInput): Work {
  return {
    async *pieces(tasks, signal) {
      const checkpoint = await openTheModel(model, modelDigest, signal);
      const rankOf = ranksOfShards(tasks);
      const shards = [...rankOf.keys()];
      const fetcher = await fetchShards(shards, question.execution, signal);
      using staged = new StagedShards();
      let environment: MapEnvironment | undefined;
      const maps = mapHere({
        ...question,
        checkpoint,
        shards,
        ready: async (shard) => staged.stage(await fetcher.arrived(shard), signal),
        signal,
        onBytes: () => {},
        onEnvironment: (now) => {
          environment = now;
        },
      });
      for await (const { shard, ...map } of maps) {
        const value: MapPiece = { map: staged.named(shard, map), environment: environment! };
        staged.release(shard);
        fetcher.release(shard);
        yield { rank: rankOf.get(shard)!, items: [shard.index], value };
      }
    },
    isWhole: areShardsDone,
  };
}
