// Samples a model that was exported elsewhere: logits and the whole past go out and in again at every step,
// so it is slow. Tokens are picked by the same nodes as everywhere.

import { UserError } from '../../errors.ts';
import type { ModelLimits } from '../decoder/decoder-spec.ts';
import { feedSteps, takeSteps } from '../forms/feed-steps.ts';
import { Row, rowsWorthKeeping, type Sampler } from '../forms/rows.ts';
import { DATA_TYPE, encodeModel, Graph } from '../onnx/onnx-graph.ts';
import { openSession, type SessionSettings } from '../onnx/session.ts';
import { type PickRule, pickToken } from '../pick/pick-token.ts';
import type { ExportedDecoder } from './exported-decoder.ts';
import { buildFeeds, emptyPast, feedable, keepRows, nextPast } from './exported-feeds.ts';
import { openForeignSession } from './foreign-session.ts';

/** Plain data, to be sent to a thread. */
export interface ExportedSource {
  readonly decoder: ExportedDecoder;
  readonly config: ModelLimits;
}

/** Throws a UserError for a model without a past. */
export async function openExportedSampler(
  { decoder, config }: ExportedSource,
  rule: PickRule,
  settings: SessionSettings,
): Promise<Sampler> {
  if (decoder.past.length === 0) {
    throw new UserError(`${decoder.path} cannot be sampled: it takes no past.`, {
      action: 'Export it as text generation with past, or choose a folder with model.safetensors in it.',
    });
  }
  const { vocabularySize, eosTokens } = config;
  const session = await openForeignSession(decoder, settings);
  const picker = await openSession(buildPickGraph(rule, vocabularySize, decoder.logitsType), settings);
  return async (settings, requests, isStopped) => {
    const all = requests.map((request) => new Row(request, settings.maxTokens));
    let rows: readonly Row[] = all;
    let past = emptyPast(decoder, rows.length);
    for (let start = 0; rows.some((row) => row.remaining > 0); start++) {
      if (isStopped()) return null;
      const step = { start, shape: [], nRows: rows.length, arithmetic: 'float64' } as const;
      const { token, uniform, temperature } = feedSteps(rows, settings, step);
      const tokens = token.data as Int32Array;
      const outputs = await session.run(buildFeeds(decoder, past, start, tokens, rows.length));
      past = nextPast(decoder, outputs);
      const made = await picker.run({ logits: feedable(outputs.logits!), uniform, temperature });
      takeSteps(rows, step, made, eosTokens);
      const kept = rowsWorthKeeping(rows);
      if (kept.length < rows.length && kept.length > 0) {
        past = keepRows(decoder, past, kept, rows.length, start + 1);
        rows = kept.map((i) => rows[i]!);
      }
    }
    return all.map((row) => row.result());
  };
}

/** A graph from `logits` [batch, 1, vocabulary] to `picked` int32 and `logprob` float32, both [batch, 1]. */
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
