// Stage `map`: the model reads every shard once, a shard a transaction. Then the texts of its windows are counted.

import type { MapPlan, MapSource, StudyState } from '../../protocol/study.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { isHubName, parseHubName } from '../hub/hub-name.ts';
import { startMeter } from '../progress.ts';
import type { Checkpoint, ExportedModel } from '../sampling/checkpoint.ts';
import { mapEnvironment } from '../sampling/map-model.ts';
import { openGuarded } from '../sampling/open-guarded.ts';
import { forgetExamined } from '../store/map-examined.ts';
import { insertMap } from '../store/map-tables.ts';
import { holdsDocuments, isCorpusWhole, storeShardResult } from '../store/shards-table.ts';
import { forgetStage } from '../store/stages-table.ts';
import { transact } from '../store/study-file.ts';
import { mergeEnvironment } from '../store/study-table.ts';
import { countCopies } from './count-copies.ts';
import { checkSameFact } from './environment.ts';
import { examineWindows } from './examine-windows.ts';
import { fetchShards, reportWithFetching } from './fetch-shards.ts';
import { localModel } from './hub-sources.ts';
import { mapShards, type ShardMap } from './map-shards.ts';
import { registerShards } from './register-shards.ts';
import { pendingShards } from './scan-stage.ts';
import type { StageContext } from './stage-context.ts';

export async function mapCorpus(context: StageContext, { model }: MapSource): Promise<StudyState> {
  const { db, plan, execution, signal } = context;
  const map = plan.map!;
  const checkpoint = await openGuarded(await localModel(context, model), signal);
  checkWindow(checkpoint, map);
  checkSameFact(db, 'modelDigest', checkpoint.digest, `The model in ${model}`);
  const name = isHubName(model) ? parseHubName(model, 'model').repository : checkpoint.name;
  const { provider, workers, form } = mapEnvironment({ execution, checkpoint });
  mergeEnvironment(db, { model: name, modelDigest: checkpoint.digest, modelFacts: checkpoint.facts });
  mergeEnvironment(db, { provider, workers, form, fallbacks: fallbacksOf(execution.provider) });
  const shards = await registerShards(context);
  const pending = pendingShards([db], shards);
  const fetcher = await fetchShards(pending, execution, signal);
  if (pending.length > 0) {
    forgetStage(db, 'copies');
    transact(db, () => forgetExamined(db));
  }
  const totalBytes = shards.reduce((sum, { nBytes }) => sum + nBytes, 0);
  const pendingBytes = pending.reduce((sum, { nBytes }) => sum + nBytes, 0);
  const report = reportWithFetching(context.report, fetcher);
  const meter = startMeter(report, 'map', 'bytes', totalBytes, totalBytes - pendingBytes);
  const { topK, temperature } = plan.sampling;
  for await (const done of mapShards({
    checkpoint,
    map,
    rule: { topK, temperature },
    profile: plan.rule.profile,
    bosToken: map.bos ? checkpoint.config.bosToken : null,
    nPositions: checkpoint.config.nPositions,
    execution,
    shards: pending,
    ready: (shard) => fetcher.arrived(shard),
    signal,
    onBytes: (nBytes, { name }) => meter.advance(nBytes, name),
  })) {
    transact(db, () => keep(context, done));
    fetcher.release(done.shard);
    context.onShardMapped?.(done.shard.index);
    throwIfAborted(signal);
  }
  await examineWindows(context, checkpoint);
  await countCopies(context, shards);
  return isCorpusWhole(db) && holdsDocuments(db) ? 'complete' : 'partial';
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

/** Throws a `UserError` where a window does not fit into the context: its last token is asked for and not read. */
function checkWindow({ config }: Checkpoint | ExportedModel, { prefix, suffix, bos }: MapPlan): void {
  const nRead = prefix + suffix - 1 + (bos ? 1 : 0);
  if (nRead <= config.nPositions) return;
  throw new UserError(
    `A prefix of ${prefix} and a suffix of ${suffix} tokens need a context of ${nRead}, and the model has ${config.nPositions}`,
    { action: 'Choose a shorter --prefix or --suffix.' },
  );
}

const fallbacksOf = (provider: string): readonly string[] =>
  provider === 'auto' || provider === 'cpu'
    ? []
    : [`The provider ${provider} has no form for extraction maps yet: the CPU is used.`];
