// The map of a shard out of those of its parts.

import { joinProblems } from '../../corpus/shard-part.ts';
import { LowestRanks } from '../../engine/lowest-ranks.ts';
import type { DrawnWindow } from '../../engine/mapped-shard.ts';
import type { ShardMap } from './map-shards.ts';

type Read = Omit<ShardMap, 'shard'>;

/** In the order of the parts, all of which are there. `nExamined`: windows that are drawn of all shards. */
export function joinMaps(maps: readonly Read[], nExamined: number): Read {
  const drawn = new LowestRanks<DrawnWindow>(nExamined);
  for (const { mapped } of maps) drawn.add(mapped.drawn);
  return {
    ...maps[0]!,
    mapped: {
      documents: maps.flatMap(({ mapped }) => mapped.documents),
      nShort: sum(maps, ({ mapped }) => mapped.nShort),
      nUnfaithful: sum(maps, ({ mapped }) => mapped.nUnfaithful),
      drawn: drawn.list(),
    },
    nRows: sum(maps, ({ nRows }) => nRows),
    contentBytes: sum(maps, ({ contentBytes }) => contentBytes),
    problems: joinProblems(maps.map(({ problems }) => problems)),
  };
}

const sum = (maps: readonly Read[], of: (map: Read) => number): number =>
  maps.reduce((total, map) => total + of(map), 0);
