// The shards of a study's corpus, wherever they lie: on this machine, on the Hub, or on others.

import type { Execution, StudyPlan } from '../../protocol/study.ts';
import { distinctPlaces } from '../corpus/distinct-places.ts';
import { type DistinctShards, leaveOutDuplicates } from '../corpus/duplicate-shards.ts';
import { type FileCounts, joinCounts } from '../corpus/file-tally.ts';
import { listPlaces, type Shard } from '../corpus/shard.ts';
import { shardForm } from '../corpus/shard-format.ts';
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
  const isHere = (location: string) => !isHubName(location) && !isRemoteLocation(location);
  const places = distinctPlaces(corpus.filter(isHere), ignore);
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
      const place = listPlaces([location], columns, places.options);
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
