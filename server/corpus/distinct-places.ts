// Places of training data that are named on this machine, by where they really are: a file below two of them is counted
// once, and which ones were named twice is told.

import { realpathSync } from 'node:fs';
import nodePath, { resolve } from 'node:path';
import { isBelow } from '../../guard/paths/contained.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { joinCounts } from './file-tally.ts';
import { type ListedShards, listPlaces } from './shard.ts';
import { type WalkOptions, walkOptions } from './walk-folder.ts';

export interface DistinctPlaces {
  /** For all listings of one corpus. */
  readonly options: WalkOptions;
  /** A sentence for each that was named before, or that lies in another one. */
  readonly twice: readonly string[];
  /** Whether the place is to be listed now: the first time that it is asked for, by any name. */
  readonly takeFirst: (location: string) => boolean;
}

/** `ignore` is what a plan says. */
export function distinctPlaces(locations: readonly string[], ignore?: boolean): DistinctPlaces {
  const distinct = new Map<string, string>();
  const twice: string[] = [];
  for (const location of locations) {
    const place = realPlace(location);
    const first = distinct.get(place);
    if (first === undefined) distinct.set(place, location);
    else
      twice.push(
        `${location} is named twice${first === location ? '' : `, also as ${first}`}: it is counted once`,
      );
  }
  for (const [place, location] of distinct) {
    const around = [...distinct.keys()].find((other) => other !== place && isBelow(nodePath, other, place));
    if (around)
      twice.push(`${location} lies in ${distinct.get(around)}, which is named too: it is counted once`);
  }
  const left = new Set(distinct.keys());
  return {
    options: { ...walkOptions(ignore), named: new Set(distinct.keys()) },
    twice,
    takeFirst: (location) => left.delete(realPlace(location)),
  };
}

export interface ListedPlaces extends ListedShards {
  readonly twice: readonly string[];
}

/** The shards of a corpus on this machine alone. */
export function listDistinctPlaces(
  locations: readonly string[],
  columns?: ColumnNames,
  ignore?: boolean,
): ListedPlaces {
  const { options, twice, takeFirst } = distinctPlaces(locations, ignore);
  const listed = locations.filter(takeFirst).map((location) => listPlaces([location], columns, options));
  return {
    shards: listed.flatMap(({ shards }) => shards).map((shard, index) => ({ ...shard, index })),
    passed: joinCounts(listed.map(({ passed }) => passed)),
    twice,
  };
}

/** A place that is not there is refused when it is listed. */
function realPlace(location: string): string {
  try {
    return realpathSync(location);
  } catch {
    return resolve(location);
  }
}
