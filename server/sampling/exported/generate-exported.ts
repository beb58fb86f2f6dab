// Samples a model that was exported elsewhere: logits and the whole past go out and in again at every step,
// so it is slow. Tokens are picked by the same nodes as everywhere.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../../errors.ts';
import type { ModelLimits } from '../decoder/decoder-spec.ts';
import {
  type GenerationSettings,
  type RowRequest,
  type RowResult,
  rowsWorthKeeping,
} from '../forms/cached/generate-batch.ts';
import { SampleRow } from '../forms/sample-row.ts';
import { DATA_TYPE, encodeModel, Graph } from '../onnx/onnx-graph.ts';
import { openSession, type SessionSettings } from '../onnx/session.ts';
import { uniformAt } from '../pick/philox.ts';
import { type PickRule, pickToken } from '../pick/pick-token.ts';
import { temperatureAt } from '../pick/schedule.ts';
import type { ExportedDecoder } from './exported-decoder.ts';
import { buildFeeds, emptyPast, feedable, keepRows, nextPast } from './exported-feeds.ts';

export interface ExportedSampler {
  readonly decoder: ExportedDecoder;
  readonly session: InferenceSession;
  readonly picker: InferenceSession;
}

export interface ExportedSettings extends Omit<GenerationSettings, 'config'> {
  readonly config: ModelLimits;
}

/** Throws a UserError for a model without a past. */
export async function openExportedSampler(
  decoder: ExportedDecoder,
  { vocabularySize }: ModelLimits,
  rule: PickRule,
  settings: SessionSettings,
): Promise<ExportedSampler> {
  if (decoder.past.length === 0) {
    throw new UserError(`${decoder.path} cannot be sampled: it takes no past.`, {
      action: 'Export it as text generation with past, or choose a folder with model.safetensors in it.',
    });
  }
  const session = await openSession(decoder.path, settings);
  const picker = await openSession(buildPickGraph(rule, vocabularySize, decoder.logitsType), settings);
  return { decoder, session, picker };
}

/** As `generateBatch`: the results in the order of the rows, or null when stopped. */
export async function generateExported(
  { decoder, session, picker }: ExportedSampler,
  { config, seed, maxTokens, schedule }: ExportedSettings,
  requests: readonly RowRequest[],
  isStopped: () => boolean,
): Promise<readonly RowResult[] | null> {
  const all = requests.map((request) => new SampleRow(request, maxTokens));
  let rows: readonly SampleRow[] = all;
  let past = emptyPast(decoder, rows.length);
  for (let position = 0; rows.some((row) => row.remaining > 0); position++) {
    if (isStopped()) return null;
    const tokens = rows.map((row) => row.tokenAt(position));
    const outputs = await session.run(buildFeeds(decoder, past, position, tokens, rows.length));
    past = nextPast(decoder, outputs);
    const column = (value: (row: SampleRow, step: number) => number) =>
      new Tensor(
        'float64',
        Float64Array.from(rows, (row) => value(row, Math.max(0, row.stepAt(position)))),
        [rows.length, 1],
      );
    const { picked, logprob } = await picker.run({
      logits: feedable(outputs.logits!),
      uniform: column((row, step) => uniformAt(seed, row.sampleId, step)),
      temperature: column((_, step) => temperatureAt(schedule, step)),
    });
    for (const [i, row] of rows.entries()) {
      const token = (picked!.data as Int32Array)[i]!;
      row.take(position, token, (logprob!.data as Float32Array)[i]!, config.eosTokens);
    }
    const kept = rowsWorthKeeping(rows);
    if (kept.length < rows.length && kept.length > 0) {
      past = keepRows(decoder, past, kept, rows.length, position + 1);
      rows = kept.map((i) => rows[i]!);
    }
  }
  return all.map((row) => row.result());
}

/** `logits` [batch, 1, vocabulary] to `picked` int32 and `logprob` float32, both [batch, 1]. */
function buildPickGraph(rule: PickRule, vocabularySize: number, type: 'float32' | 'float16'): Uint8Array {
  const graph = new Graph('pick');
  graph.input('logits', type, ['batch', 1, vocabularySize]);
  graph.input('uniform', 'float64', ['batch', 1]);
  graph.input('temperature', 'float64', ['batch', 1]);
  const flat = graph.op('Reshape', ['logits', graph.int64([-1, vocabularySize])]);
  const wide = type === 'float32' ? flat : graph.op('Cast', [flat], { to: DATA_TYPE.float32 });
  const token = pickToken(graph, rule, vocabularySize, wide, 'uniform', 'temperature');
  graph.op('GatherElements', [graph.op('LogSoftmax', [wide], { axis: 1 }), token], { axis: 1 }, 'logprob');
  graph.op('Cast', [token], { to: DATA_TYPE.int32 }, 'picked');
  graph.output('picked', 'int32', ['batch', 1]);
  graph.output('logprob', 'float32', ['batch', 1]);
  return encodeModel(graph);
}
