// Stage `map`: the model reads every shard once, a shard a transaction. Then the texts of its windows are counted.

import type { Execution, MapSource, Provider, StudyState } from '../../../protocol/study.ts';
import type { Shard } from '../../corpus/shard.ts';
import { throwIfAborted } from '../../errors.ts';
import { isHubName, parseHubName } from '../../hub/hub-name.ts';
import { startMeter } from '../../progress.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';
import { openGuarded } from '../../sampling/model/open-guarded.ts';
import { forgetExamined } from '../../store/maps/map-examined.ts';
import { insertMap } from '../../store/maps/map-tables.ts';
import { holdsDocuments, isCorpusWhole, storeShardResult } from '../../store/shards-table.ts';
import { forgetStage } from '../../store/stages-table.ts';
import { type Database, transact } from '../../store/study-file.ts';
import { mergeEnvironment, readStudy } from '../../store/study-table.ts';
import { checkSameFact } from '../environment.ts';
import { fetchShards, reportWithFetching } from '../fetch-shards.ts';
import { localModel } from '../hub-sources.ts';
import { registerShards } from '../register-shards.ts';
import { pendingShards } from '../scan-stage.ts';
import type { StageContext } from '../stage-context.ts';
import { calibrateMap } from './calibrate-map.ts';
import { countCopies } from './count-copies.ts';
import { examineWindows } from './examine-windows.ts';
import { bytesOf } from './map-here.ts';
import { checkWindow } from './map-question.ts';
import type { ShardMap } from './map-shards.ts';

export async function mapCorpus(context: StageContext, { model }: MapSource): Promise<StudyState> {
  const { db, plan, signal } = context;
  const checkpoint = await openGuarded(await localModel(context, model), signal);
  checkWindow(checkpoint, plan.map!);
  checkSameFact(db, 'modelDigest', checkpoint.digest, `The model in ${model}`);
  const name = isHubName(model) ? parseHubName(model, 'model').repository : checkpoint.name;
  mergeEnvironment(db, { model: name, modelDigest: checkpoint.digest, modelFacts: checkpoint.facts });
  const shards = await registerShards(context);
  const pending = pendingShards([db], shards);
  if (pending.length > 0) {
    transact(db, () => {
      forgetStage(db, 'copies');
      forgetStage(db, 'calibration');
      forgetExamined(db);
    });
    await mapPending(context, checkpoint, shards, pending);
  }
  await examineWindows(context, checkpoint);
  await calibrateMap(context, checkpoint);
  await countCopies(context, shards);
  return isCorpusWhole(db) && holdsDocuments(db) ? 'complete' : 'partial';
}

async function mapPending(
  context: StageContext,
  checkpoint: Checkpoint | ExportedModel,
  shards: readonly Shard[],
  pending: readonly Shard[],
): Promise<void> {
  const { db, plan, execution, executor, signal } = context;
  const isGoingOn = pending.length < shards.length;
  // Fetching ends with the run, however that ends.
  const fetching = new AbortController();
  const ahead = executor.fetching === 'ahead' ? pending : [];
  const fetcher = await fetchShards(ahead, execution, AbortSignal.any([signal, fetching.signal]));
  const corpusBytes = bytesOf(shards);
  const report = reportWithFetching(context.report, fetcher);
  const meter = startMeter(report, 'map', 'bytes', corpusBytes, corpusBytes - bytesOf(pending));
  let name = '';
  let words = '';
  const advance = (nBytes: number) => meter.advance(nBytes, [words, name].filter(Boolean).join(' · '));
  try {
    for await (const done of executor.map({
      checkpoint,
      plan,
      execution: isGoingOn ? asBefore(db, execution) : execution,
      corpusBytes,
      shards: pending,
      ready: (shard) => fetcher.arrived(shard),
      signal,
      onBytes: (nBytes, shard) => {
        name = shard.name;
        advance(nBytes);
      },
      // Shards are read in large pieces, ahead of the model: how far that is tells that something goes on.
      say: (how) => {
        words = how;
        advance(0);
      },
      onEnvironment: ({ provider, workers, form, fallbacks }) => {
        if (isGoingOn) {
          checkSameFact(db, 'form', form, 'The form in which the model reads');
          checkSameFact(db, 'provider', provider, 'The provider');
        }
        mergeEnvironment(db, { provider, workers, form, fallbacks });
      },
    })) {
      transact(db, () => keep(context, done));
      fetcher.release(done.shard);
      context.onShardMapped?.(done.shard.index);
      throwIfAborted(signal);
    }
  } finally {
    fetching.abort();
  }
}

/** A map goes on where it began: on devices the numbers are those of one form. */
function asBefore(db: Database, execution: Execution): Execution {
  const before = readStudy(db)?.environment.provider as Provider | undefined;
  return execution.provider === 'auto' && before !== undefined
    ? { ...execution, provider: before }
    : execution;
}

function keep({ db, plan }: StageContext, { shard, mapped, ...read }: ShardMap): void {
  const documents = mapped.documents.map(({ row, byteOffset, repository, path, license }) => ({
    row,
    byteOffset,
    repository,
    path,
    license,
  }));
  storeShardResult(db, shard.index, { ...read, documents, partial: new Uint8Array() });
  insertMap(db, shard.index, mapped, plan.map!.examine);
}
