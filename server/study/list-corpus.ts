// The shards of a study's corpus, wherever they lie: on this machine or on the Hub.

import type { StudyPlan } from '../../protocol/study.ts';
import { type DistinctShards, leaveOutDuplicates } from '../corpus/duplicate-shards.ts';
import { listShards, type Shard } from '../corpus/shard.ts';
import { UserError } from '../errors.ts';
import { isHubName } from '../hub/hub-name.ts';
import { listHubCorpus } from '../hub/list-hub-corpus.ts';
import type { HubAccess } from '../hub/list-repository.ts';
import type { Database } from '../store/study-file.ts';
import { pinCommit, pinnedCommit } from './hub-sources.ts';

export async function listCorpus(
  db: Database,
  { corpus, columns }: StudyPlan,
  access: HubAccess,
  signal: AbortSignal,
): Promise<DistinctShards> {
  if (corpus.length === 0) {
    throw new UserError('The corpus is empty: no path was given', {
      action: 'Name at least one shard file or folder of training data, or a data set of the Hub.',
    });
  }
  const listed: Omit<Shard, 'index'>[] = [];
  for (const location of corpus) {
    if (!isHubName(location)) {
      listed.push(...listShards([location], columns));
      continue;
    }
    const hub = await listHubCorpus(access, location, pinnedCommit(db, location), columns, signal);
    pinCommit(db, location, hub.commit);
    listed.push(...hub.shards);
  }
  return leaveOutDuplicates(
    listed.map((shard, index) => ({ ...shard, index })),
    signal,
  );
}
