// A map's measures through a model that was exported elsewhere: its logits are measured by a graph of our own.

import type { DrawingRule } from '../forms/map/drawing-rule.ts';
import type { MeasureTokens } from '../forms/map/map-batch.ts';
import { measureTargets } from '../forms/map/measure-targets.ts';
import { DATA_TYPE, encodeModel, Graph } from '../onnx/onnx-graph.ts';
import { openSession, type SessionSettings } from '../onnx/session.ts';
import type { ExportedDecoder } from './exported-decoder.ts';
import { buildFeeds, emptyPast, feedable } from './exported-feeds.ts';
import { openForeignSession } from './foreign-session.ts';
import { checkDirection } from './score-exported.ts';

/** Throws a UserError for a graph that was exported for one new position at a time. */
export async function openExportedMapper(
  decoder: ExportedDecoder,
  vocabularySize: number,
  rule: DrawingRule,
  settings: SessionSettings,
): Promise<MeasureTokens> {
  const session = await openForeignSession(decoder, settings);
  await checkDirection(decoder, session);
  const graph = buildMeasuringGraph(decoder.logitsType, vocabularySize, rule);
  const measuring = await openSession(graph, settings);
  return async (tokens, targets) => {
    const [nRows] = tokens.dims as [number];
    const fed = [...(tokens.data as Int32Array)];
    const feeds = buildFeeds(decoder, emptyPast(decoder, nRows), 0, fed, nRows);
    const { logits } = await session.run(feeds, ['logits']);
    const { plain, best, drawn } = await measuring.run({ logits: feedable(logits!), targets });
    return {
      plain: plain!.data as Float32Array,
      best: best!.data as Uint8Array,
      ...(drawn && { drawn: drawn.data as Float32Array }),
    };
  };
}

/** From `logits` [rows, positions, vocabulary] and `targets` int32 [rows, wanted], those behind the last positions. */
function buildMeasuringGraph(
  type: 'float32' | 'float16',
  vocabularySize: number,
  rule: DrawingRule,
): Uint8Array {
  const graph = new Graph('measuring');
  graph.input('logits', type, ['rows', 'positions', 'vocabulary']);
  graph.input('targets', 'int32', ['rows', 'wanted']);
  const nWanted = graph.op('Shape', ['targets'], { start: 1, end: 2 });
  const ends = graph.int64([Number.MAX_SAFE_INTEGER]);
  const last = graph.op('Slice', ['logits', graph.op('Neg', [nWanted]), ends, graph.int64([1])]);
  const flat = graph.op('Flatten', [last], { axis: 2 });
  const wide = type === 'float32' ? flat : graph.op('Cast', [flat], { to: DATA_TYPE.float32 });
  const targets = graph.op('Reshape', ['targets', graph.int64([-1, 1])]);
  measureTargets(graph, rule, vocabularySize, wide, targets);
  return encodeModel(graph);
}
