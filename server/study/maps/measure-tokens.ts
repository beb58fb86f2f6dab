// How likely each token of one document is, measured anew: a map keeps windows, not tokens. The rows are those that the
// map itself read, so that a window's tokens make up its probability.

import type { MapPlan, StudyPlan } from '../../../protocol/study.ts';
import { windowStarts } from '../../analysis/map-windows.ts';
import { Cancelled, UserError } from '../../errors.ts';
import { fetchModel } from '../../hub/fetch-model.ts';
import { isHubName } from '../../hub/hub-name.ts';
import { cutExactly, cutRunning } from '../../sampling/forms/map/cut-rows.ts';
import type { MapRow } from '../../sampling/forms/map/rows.ts';
import { positionsAtOnce } from '../../sampling/forms/score/windows.ts';
import { mapRows } from '../../sampling/map-model.ts';
import { chooseFiles } from '../../sampling/model/model-description.ts';
import { openGuarded } from '../../sampling/model/open-guarded.ts';
import { openEncoder } from '../../sampling/tokenizer/open-encoder.ts';
import { decodeTokens, tokenLengths } from '../../sampling/tokenizer/token-bytes.ts';
import type { Database } from '../../store/study-file.ts';
import { readStudy } from '../../store/study-table.ts';
import { checkSameFact } from '../environment.ts';
import { bytesOf } from '../estimate-study.ts';
import { hubAccess, pinnedCommit } from '../hub-access.ts';

/** One token of a document: where it ends, in bytes, and what it measured. */
export interface MeasuredToken {
  readonly byteStart: number;
  readonly byteEnd: number;
  /** Nats under the map's rule; minus infinity where it is never drawn. */
  readonly logp: number;
}

export interface MeasuredTokens {
  /** In order; without those that no window asks for, and those that there was no time for. */
  readonly tokens: readonly MeasuredToken[];
  readonly nAsked: number;
}

export interface TokenLimits {
  readonly nTokens: number;
  readonly ms: number;
  /** Bytes of the model’s weights. */
  readonly modelBytes: number;
}

/** What somebody who has opened a document waits for. */
const LIMITS: TokenLimits = { nTokens: 20_000, ms: 60_000, modelBytes: Infinity };

/** What is done for somebody who only opened a document: a model of several gigabytes is not read for that. */
export const UNASKED_LIMITS: TokenLimits = { ...LIMITS, modelBytes: 2e9 };

/** Nothing is fetched, and nothing written. */
const EXECUTION = { provider: 'auto', batch: 'auto', workers: 'auto', fetch: 'never' } as const;

/** Throws a `UserError` where the model is not here, or is not the study's. */
export async function measureTokens(
  db: Database,
  text: Uint8Array,
  signal: AbortSignal,
  limits: TokenLimits = LIMITS,
): Promise<MeasuredTokens> {
  const plan = readStudy(db)!.plan;
  if (plan.source.kind !== 'map' || plan.map === undefined) {
    throw new UserError('The study is no extraction map, so there is nothing to measure');
  }
  const timeUp = AbortSignal.timeout(limits.ms);
  const either = AbortSignal.any([signal, timeUp]);
  const values = new Map<number, number>();
  try {
    return await measure(db, plan, plan.map, { text, signal: either, limits, values });
  } catch (error) {
    if (!(error instanceof Cancelled) || signal.aborted) throw error;
    throw new UserError('The model took too long to open, so no token was measured', {
      action: 'The windows that the map stored are shown.',
    });
  }
}

interface Measuring {
  readonly text: Uint8Array;
  readonly signal: AbortSignal;
  readonly limits: TokenLimits;
  /** Log-probabilities by token. */
  readonly values: Map<number, number>;
}

async function measure(
  db: Database,
  plan: StudyPlan,
  map: MapPlan,
  { text, signal, limits, values }: Measuring,
): Promise<MeasuredTokens> {
  const model = plan.source.model!;
  const folder = await modelFolder(db, model, signal);
  const modelBytes = bytesOf(folder, WEIGHTS) ?? 0;
  if (modelBytes > limits.modelBytes) {
    throw new UserError(
      `The model has ${(modelBytes / 1e9).toFixed(1)} GB, so its tokens are measured on request`,
      {
        action: 'Run “Verbatim: Measure Each Token of This Document”.',
      },
    );
  }
  const checkpoint = await openGuarded(folder, signal);
  checkSameFact(db, 'modelDigest', checkpoint.digest, `The model in ${model}`);
  using encoder = openEncoder(checkpoint.tokenizer, checkpoint.tokenBytes, { signal });
  const [ids = []] = await encoder.encode([text]);
  if (Buffer.compare(decodeTokens(checkpoint.tokenBytes, ids), text) !== 0) {
    throw new UserError('The tokenizer does not give this document back as it is, so the map left it out');
  }
  const tokens = Int32Array.from(ids);
  const asked = askedTokens(tokens.length, map);
  const bosToken = map.bos ? checkpoint.config.bosToken : null;
  const rows =
    map.context === 'exact'
      ? cutExactly(0, tokens, map, bosToken)
      : cutRunning(0, tokens, bosToken, positionsAtOnce(checkpoint.config));
  const { topK, temperature } = plan.sampling;
  // So little is read that no device is worth its start.
  const question = {
    checkpoint,
    rule: { topK, temperature },
    execution: EXECUTION,
    longest: 0,
    nPositions: 0,
    signal,
  };
  const measured = mapRows(question, firstOf(rows, limits.nTokens));
  /** The first row that asks for a token shows the model most before it. */
  const askedBy = new Map<number, number>();
  try {
    for await (const results of measured) {
      for (const { start, drawn } of results) {
        for (const [i, logp] of drawn.entries()) {
          const token = start + i;
          if (asked[token] !== 1 || (askedBy.get(token) ?? Infinity) <= start) continue;
          askedBy.set(token, start);
          values.set(token, logp);
        }
      }
    }
  } catch (error) {
    // When the time is up, what is there is shown.
    if (!(error instanceof Cancelled) || values.size === 0) throw error;
  }
  const nBytes = tokenLengths(checkpoint.tokenBytes, ids);
  return { tokens: placed(values, nBytes), nAsked: asked.reduce((sum, is) => sum + is, 0) };
}

const WEIGHTS = /\.(safetensors|bin|gguf|onnx|onnx_data|data)$/;

/** The model's folder as the study began with it. */
async function modelFolder(db: Database, model: string, signal: AbortSignal): Promise<string> {
  if (!isHubName(model)) return model;
  const access = hubAccess(EXECUTION, signal);
  const commit = pinnedCommit(db, model);
  const request = { access, location: model, commit, signal, report: () => {}, choose: chooseFiles };
  return (await fetchModel(request)).folder;
}

/** 1 for each token that is in some window's suffix. */
function askedTokens(nTokens: number, map: MapPlan): Uint8Array {
  const asked = new Uint8Array(nTokens);
  for (const start of windowStarts(nTokens, map)) {
    asked.fill(1, start + map.prefix, start + map.prefix + map.suffix);
  }
  return asked;
}

/** Rows from the document's first on, until so many tokens have been asked for. */
function* firstOf(rows: Iterable<MapRow>, mostTokens: number): Generator<MapRow> {
  let nTokens = 0;
  for (const row of rows) {
    if (nTokens >= mostTokens) break;
    nTokens += row.tokens.length;
    yield row;
  }
}

function placed(values: ReadonlyMap<number, number>, nBytes: Uint16Array): readonly MeasuredToken[] {
  const found: MeasuredToken[] = [];
  let at = 0;
  for (const [token, length] of nBytes.entries()) {
    const logp = values.get(token);
    if (logp !== undefined && length > 0) found.push({ byteStart: at, byteEnd: at + length, logp });
    at += length;
  }
  return found;
}
