// Stage `sample` for a model that a server holds. A sample that is in the file is never asked for again.

import { remotePlace } from '../../protocol/remote-places.ts';
import type { ServedSource } from '../../protocol/study.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { startMeter } from '../progress.ts';
import { type ServedSample, sampleServed } from '../served/sample-served.ts';
import { listModels, type ServedAccess } from '../served/served-client.ts';
import { insertSamples, readSampleIds, type StoredSample } from '../store/samples-table.ts';
import { forgetStage } from '../store/stages-table.ts';
import { transact } from '../store/study-file.ts';
import { mergeEnvironment, readStudy } from '../store/study-table.ts';
import { checkSameFact } from './environment.ts';
import { servedAccess } from './served-access.ts';
import type { StageContext } from './stage-context.ts';

export async function sampleFromServer(context: StageContext, source: ServedSource): Promise<void> {
  const { db, plan, execution, signal, report } = context;
  const done = readSampleIds(db);
  const { nSamples } = plan.sampling;
  const meter = startMeter(report, 'sample', 'samples', nSamples, done.size);
  if (done.size >= nSamples) return;
  const access = servedAccess(source.model, execution, signal, (reason) => meter.advance(0, reason));
  const about = await describeServed(access, source.servedName);
  checkSameFact(db, 'served', about, `What ${source.model} serves as ${source.servedName}`);
  mergeEnvironment(db, { model: source.servedName, served: about, provider: 'a server' });
  forgetStage(db, 'analyse');
  const missing = new Missing(readStudy(db)?.environment.nWithoutLogprobs);
  const inClear = isInClear(access) ? [IN_CLEAR] : [];
  let notes: readonly string[] = [];
  const batches = sampleServed({
    ...{ access, source, plan: plan.sampling, batch: execution.batch },
    isDone: (sampleId) => done.has(sampleId),
    onServer(server) {
      notes = [...inClear, ...server.notes];
      missing.isExpected = !server.hasPlainLogprobs;
      mergeEnvironment(db, { modelFacts: server.facts, fallbacks: notes });
    },
    onConcurrency: (batch) => mergeEnvironment(db, { batch }),
  });
  for await (const batch of batches) {
    missing.count(batch);
    transact(db, () => {
      insertSamples(db, batch.map(toStored));
      mergeEnvironment(db, { nWithoutLogprobs: missing.n, fallbacks: [...notes, ...missing.notes()] });
    });
    meter.advance(batch.length);
    throwIfAborted(signal);
  }
}

/** Whether a key goes over a network unencrypted. */
const isInClear = ({ address, key }: ServedAccess) =>
  key !== null && address.startsWith('http:') && remotePlace(address) !== undefined;

const IN_CLEAR =
  'The key goes to the server unencrypted: use an https address where others may listen on the network.';

/** Some servers list nothing; one that lists others does not know the model. */
async function describeServed(access: ServedAccess, name: string): Promise<string> {
  const models = await listModels(access).catch((cause: unknown) => {
    // A proxy may pass completions through and nothing else.
    if (cause instanceof UserError) return [];
    throw cause;
  });
  const found = models.find(({ id }) => id === name);
  if (found !== undefined || models.length === 0) return found?.about ?? JSON.stringify({ id: name });
  const names = models.slice(0, MOST_NAMES).map(({ id }) => id);
  throw new UserError(`The server at ${access.address} has no model ${name}, but ${names.join(', ')}`, {
    action: 'Name one of them with --served-name.',
  });
}

const MOST_NAMES = 10;

/** Samples that came without what others came with. */
class Missing {
  n: number;
  /** Whether none is kept of any sample. */
  isExpected = true;

  constructor(before: unknown) {
    this.n = typeof before === 'number' ? before : 0;
  }

  count(batch: readonly ServedSample[]): void {
    if (!this.isExpected) this.n += batch.filter(({ logprobs }) => logprobs === null).length;
  }

  notes(): readonly string[] {
    return this.n === 0 ? [] : [`${this.n} samples came without log-probabilities that could be read.`];
  }
}

function toStored(sample: ServedSample): StoredSample {
  const { sampleId, promptIndex, ended, text, tokens, logprobs, tokenBytes, nTokens } = sample;
  return {
    ...{ sampleId, promptIndex, ended },
    text: Buffer.from(text),
    nTokens: nTokens ?? 0,
    tokens: tokens && Uint32Array.from(tokens),
    logprobs: logprobs && Float32Array.from(logprobs),
    ...(tokenBytes && { tokenBytes: Uint16Array.from(tokenBytes) }),
  };
}
