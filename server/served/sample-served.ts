// Samples a model that a server holds: as many requests at once as the server is fastest with, each sample with its own seed. What a sample
// is asked for depends on the plan alone, so a run that goes on asks for the rest.

import type { SamplingPlan, ServedSource } from '../../protocol/study.ts';
import { throwIfAborted } from '../errors.ts';
import { type Completion, readCompletion, requestBody, type ServedPrompt } from './completion.ts';
import { ConcurrencySearch } from './concurrency-search.ts';
import { inParallel } from './in-parallel.ts';
import { type ProbedServer, probeServer } from './probe-server.ts';
import { seedOfSample } from './seed-of-sample.ts';
import { complete, type ServedAccess } from './served-client.ts';

export interface ServedSample extends Completion {
  readonly sampleId: number;
  /** Which of the plan's prompts it continues; null where the strategy has none. */
  readonly promptIndex: number | null;
}

export interface ServedRequest {
  readonly access: ServedAccess;
  readonly source: ServedSource;
  readonly plan: SamplingPlan;
  /** Requests at once. */
  readonly batch: number | 'auto';
  readonly isDone: (sampleId: number) => boolean;
  /** Called before the first sample. */
  readonly onServer: (server: ProbedServer) => void;
  /** Called when the number of requests at once changes. */
  readonly onConcurrency: (limit: number) => void;
}

/** What is done waits so long for company: each gift becomes a transaction. */
const GATHER_MS = 500;

export async function* sampleServed(request: ServedRequest): AsyncGenerator<readonly ServedSample[]> {
  const { access, source, plan, isDone } = request;
  const { signal } = access.patience;
  const { temperature, topK, topP, maxTokens, seed, nSamples } = plan;
  const drawing = { temperature, topK, topP: topP ?? 1 };
  const promptOf = promptsOf(source, plan);
  const atOnce = request.batch === 1 ? 'one' : 'several';
  const server = await probeServer(access, source.servedName, promptOf(0).prompt, drawing, atOnce);
  throwIfAborted(signal);
  request.onServer(server);
  const search = new ConcurrencySearch(request.batch);
  let told = 0;
  const tell = () => {
    if (search.limit === told) return;
    told = search.limit;
    request.onConcurrency(told);
  };
  const onBusy = () => {
    search.busy();
    tell();
  };
  const pool = { limit: () => search.limit, gatherMs: GATHER_MS, signal };
  tell();
  yield* inParallel(pending(nSamples, isDone), pool, async (sampleId, stop): Promise<ServedSample> => {
    const { prompt, index } = promptOf(sampleId);
    const asked = { prompt, maxTokens, ...drawing, seed: seedOfSample(seed, sampleId) };
    const body = requestBody(source.servedName, asked, server.dialect);
    const patient = { ...access, patience: { ...access.patience, signal: stop } };
    const sample = await complete(patient, body, maxTokens, { onBusy }, (bytes) =>
      readCompletion(bytes, maxTokens),
    );
    search.done(sample.nTokens ?? 1, performance.now());
    tell();
    const logprobs = server.hasPlainLogprobs ? sample.logprobs : null;
    return { ...sample, logprobs, sampleId, promptIndex: index };
  });
}

function* pending(nSamples: number, isDone: (sampleId: number) => boolean): Generator<number, undefined> {
  for (let sampleId = 0; sampleId < nSamples; sampleId++) if (!isDone(sampleId)) yield sampleId;
}

/** Samples are dealt over the prompts, as those of models that are read here. */
function promptsOf({ start }: Pick<ServedSource, 'start'>, { strategy, prompts }: SamplingPlan) {
  const beginning = readStart(start);
  return (sampleId: number): { readonly prompt: ServedPrompt; readonly index: number | null } => {
    if (strategy === 'npg' || strategy === 'tdg') return { prompt: beginning, index: null };
    const index = sampleId % prompts.length;
    const prompt = prompts[index]!;
    if (typeof prompt === 'string') return { prompt, index };
    if ('tokens' in prompt) return { prompt: prompt.tokens, index };
    throw new Error('A gap is not asked of a server');
  };
}

/** Token ids stand in brackets; everything else is text. */
export const readStart = (start: string): ServedPrompt =>
  /^\[\s*\d{1,9}(?:\s*,\s*\d{1,9})*\s*\]$/.test(start) ? (JSON.parse(start) as number[]) : start;
