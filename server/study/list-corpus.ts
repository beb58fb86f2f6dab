// The shards of a study's corpus, wherever they lie: on this machine, on the Hub, or on others.

import { realpathSync } from 'node:fs';
import nodePath, { resolve } from 'node:path';
import { isBelow } from '../../guard/paths/contained.ts';
import type { Execution, StudyPlan } from '../../protocol/study.ts';
import { type DistinctShards, leaveOutDuplicates } from '../corpus/duplicate-shards.ts';
import { type FileCounts, joinCounts } from '../corpus/file-tally.ts';
import { listPlaces, type Shard } from '../corpus/shard.ts';
import { shardForm } from '../corpus/shard-format.ts';
import { walkOptions } from '../corpus/walk-folder.ts';
import { UserError } from '../errors.ts';
import { isHubName } from '../hub/hub-name.ts';
import { isRemoteLocation } from '../remote/remote-location.ts';
import type { Database } from '../store/study-file.ts';
import { requireAllowed } from './allowed-machines.ts';
import { hubAccess, pinCommit, pinnedCommit } from './hub-access.ts';

export async function listCorpus(
  db: Database,
  { corpus, columns: named, ignore, contents }: StudyPlan,
  execution: Execution,
  signal: AbortSignal,
): Promise<DistinctShards> {
  const access = hubAccess(execution, signal);
  // The names of blobs take the place of texts.
  const columns = contents === undefined ? named : { content: BLOB_COLUMN, ...named };
  if (contents !== undefined) requireAllowed(contents, execution);
  if (corpus.length === 0) {
    throw new UserError('The corpus is empty: no path was given', {
      action: 'Name at least one shard file or folder of training data, or a data set of the Hub.',
    });
  }
  const places = namedPlaces(
    corpus.filter((location) => !isHubName(location) && !isRemoteLocation(location)),
  );
  const options = { ...walkOptions(ignore), named: new Set(places.distinct.keys()) };
  const listed: Omit<Shard, 'index'>[] = [];
  const passed: FileCounts[] = [];
  for (const location of corpus) {
    if (isHubName(location)) {
      const { listHubCorpus } = await import('../hub/list-hub-corpus.ts');
      const hub = await listHubCorpus(access, location, pinnedCommit(db, location), columns, signal);
      pinCommit(db, location, hub.commit);
      for (const shard of hub.shards) listed.push(shard);
      passed.push(hub.passed);
    } else if (isRemoteLocation(location)) {
      requireAllowed(location, execution);
      const { listRemoteCorpus } = await import('../corpus/list-remote.ts');
      const remote = await listRemoteCorpus(location, columns, signal);
      for (const shard of remote.shards) listed.push(shard);
      passed.push(remote.passed);
    } else if (places.takeFirst(location)) {
      const place = listPlaces([location], columns, options);
      for (const shard of place.shards) listed.push(shard);
      passed.push(place.passed);
    }
  }
  const numbered = listed.map((shard, index) => ({ ...shard, index, ...(contents && { contents }) }));
  if (contents !== undefined) requireRows(numbered);
  const { shards, duplicates, passed: left } = await leaveOutDuplicates(numbered, signal);
  return { shards, duplicates: [...places.twice, ...duplicates], passed: joinCounts([...passed, left]) };
}

/** Called so in The Stack v2, Stack-Edu and what is made of them. */
const BLOB_COLUMN = 'blob_id';

function requireRows(shards: readonly Shard[]): void {
  const other = shards.find(({ format }) => format !== 'parquet' && shardForm(format) !== 'rows');
  if (other === undefined) return;
  throw new UserError(`${other.path} holds no rows with the names of blobs`, {
    action: 'With --contents the training data is Parquet or JSON lines.',
  });
}

/** Places that are named on this machine, by where they really are: a file below two of them is counted once. */
function namedPlaces(locations: readonly string[]) {
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
  return { distinct, twice, takeFirst: (location: string) => left.delete(realPlace(location)) };
}

/** A place that is not there is refused when it is listed. */
function realPlace(location: string): string {
  try {
    return realpathSync(location);
  } catch {
    return resolve(location);
  }
}
