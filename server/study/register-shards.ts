// Lists the corpus and notes it in the study file: a shard that changed since its scan becomes pending again.

import type { DistinctShards } from '../corpus/duplicate-shards.ts';
import { joinCounts } from '../corpus/file-tally.ts';
import type { Shard } from '../corpus/shard.ts';
import { isAccounted, storePassedFiles } from '../store/files-table.ts';
import { insertMapShards } from '../store/maps/map-tables.ts';
import {
  forgetShards,
  insertShards,
  readShards,
  resetShard,
  type StoredShard,
} from '../store/shards-table.ts';
import { forgetStage } from '../store/stages-table.ts';
import { transact } from '../store/study-file.ts';
import { mergeEnvironment } from '../store/study-table.ts';
import { systemFacts } from './environment.ts';
import { listCorpus } from './list-corpus.ts';
import { isSameShard } from './shard-identity.ts';
import type { StageContext } from './stage-context.ts';
import { streamed } from './streamed-shard.ts';
import { requireContentColumn } from './user-files.ts';

export async function registerShards({
  db,
  plan,
  execution,
  signal,
}: StageContext): Promise<readonly Shard[]> {
  const list = (corpus: readonly string[]) => listCorpus(db, { ...plan, corpus }, execution, signal);
  const training = await list(plan.corpus);
  const control = plan.map?.control.length ? await list(plan.map.control) : NO_CONTROL;
  const nTraining = training.shards.length;
  const shards = [
    ...training.shards,
    ...control.shards.map((shard) => ({ ...shard, index: nTraining + shard.index })),
  ];
  const duplicates = [...training.duplicates, ...control.duplicates];
  const stored = readShards(db);
  if (!sameCorpus(stored, shards)) {
    await requireContentColumn(training.shards, signal);
    if (control.shards.length > 0) await requireContentColumn(control.shards, signal);
  }
  transact(db, () => {
    mergeEnvironment(db, { ...systemFacts(), duplicateShards: duplicates.length > 0 ? duplicates : null });
    const isSame = sameCorpus(stored, shards);
    if (!isSame) {
      forgetShards(db);
      insertShards(db, shards);
      if (plan.map) {
        const ids = shards.map(({ index }) => index);
        insertMapShards(db, ids.slice(0, nTraining), 'training');
        insertMapShards(db, ids.slice(nTraining), 'control');
      }
      forgetStage(db, 'analyse');
    } else {
      for (const [i, shard] of shards.entries()) {
        if (isSameShard(stored[i]!, shard)) continue;
        resetShard(db, shard);
        forgetStage(db, 'analyse');
        forgetStage(db, 'copies');
      }
    }
    // Earlier versions counted no folder that they read: a part would be taken for the whole.
    if (!isSame || isAccounted(db)) storePassedFiles(db, joinCounts([training.passed, control.passed]));
  });
  return shards.map((shard) => streamed(shard, execution));
}

const NO_CONTROL: DistinctShards = { shards: [], duplicates: [], passed: { counts: [], unsearched: [] } };

const sameCorpus = (stored: readonly StoredShard[], shards: readonly Shard[]) =>
  stored.length === shards.length && shards.every((shard, i) => shard.path === stored[i]!.path);
