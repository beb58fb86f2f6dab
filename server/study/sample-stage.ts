// Stage `sample`: the model's outputs, a batch a transaction. A sample that is in the file is never made again.

import type { Execution, ModelSource, Provider } from '../../protocol/study.ts';
import { throwIfAborted } from '../errors.ts';
import { isHubName, parseHubName } from '../hub/hub-name.ts';
import { startMeter } from '../progress.ts';
import { openGuarded } from '../sampling/model/open-guarded.ts';
import { tokenLengths } from '../sampling/tokenizer/token-bytes.ts';
import { insertSamples, readSampleIds } from '../store/samples-table.ts';
import { forgetStage } from '../store/stages-table.ts';
import { transact } from '../store/study-file.ts';
import { mergeEnvironment, readStudy } from '../store/study-table.ts';
import { checkSameFact } from './environment.ts';
import { localModel } from './hub-sources.ts';
import type { StageContext } from './stage-context.ts';

export async function sample(context: StageContext, { model }: ModelSource): Promise<void> {
  const { db, plan, execution, executor, signal, report } = context;
  const done = readSampleIds(db);
  const { nSamples } = plan.sampling;
  const dir = await localModel(context, model);
  using spares = done.size < nSamples ? await executor.prepare?.(execution, signal) : undefined;
  const checkpoint = await openGuarded(dir, signal);
  checkSameFact(db, 'modelDigest', checkpoint.digest, `The model in ${model}`);
  const name = isHubName(model) ? parseHubName(model, 'model').repository : checkpoint.name;
  mergeEnvironment(db, { model: name, modelDigest: checkpoint.digest, modelFacts: checkpoint.facts });
  const meter = startMeter(report, 'sample', 'samples', nSamples, done.size);
  if (done.size >= nSamples) return;
  forgetStage(db, 'analyse');
  const before: Before = done.size > 0 ? (readStudy(db)?.environment ?? {}) : {};
  const batches = executor.sample({
    checkpoint,
    plan: plan.sampling,
    execution: asBefore(execution, before),
    isDone: (sampleId) => done.has(sampleId),
    signal,
    spares,
    say: (words) => meter.advance(0, words),
    onEnvironment: ({ form, provider, fallbacks, found = [], ...facts }) => {
      if (done.size > 0) checkSameFact(db, 'form', form, 'The graph form');
      if (done.size > 0) checkSameFact(db, 'provider', provider, 'The provider');
      const all = new Set([...(before.fallbacks ?? []), ...fallbacks]);
      const modelFacts = [...checkpoint.facts, ...found];
      mergeEnvironment(db, { ...facts, form, provider, fallbacks: [...all], modelFacts });
    },
  });
  for await (const batch of batches) {
    const withLengths = batch.map((s) => ({
      ...s,
      tokenBytes: tokenLengths(
        checkpoint.tokenBytes,
        s.tokens,
        s.promptIndex === null ? checkpoint.firstSpace : 'kept',
      ),
    }));
    transact(db, () => insertSamples(db, withLengths));
    meter.advance(batch.length);
    throwIfAborted(signal);
  }
}

/** What is known of a study that goes on. */
interface Before {
  readonly provider?: Provider;
  readonly batch?: number;
  readonly fallbacks?: readonly string[];
}

/** A study goes on where and in what portions it began: on devices both are part of every sample. */
function asBefore(execution: Execution, { provider, batch }: Before): Execution {
  if (provider === undefined || (execution.provider !== 'auto' && execution.provider !== provider))
    return execution;
  if (provider === 'cpu') return { ...execution, provider };
  return { ...execution, provider, batch: execution.batch === 'auto' ? (batch ?? 'auto') : execution.batch };
}
