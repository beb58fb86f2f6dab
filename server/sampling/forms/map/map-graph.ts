// The graph of an extraction map: whole texts in, and of each wanted token what a map keeps.

import { head } from '../../decoder/decoder-graph.ts';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { encodeModel, Graph } from '../../onnx/onnx-graph.ts';
import { type RunsOn, transformTexts } from '../score/whole-texts.ts';
import type { DrawingRule } from './drawing-rule.ts';
import { measureOnDevice } from './measure-on-device.ts';
import { measureTargets } from './measure-targets.ts';

/**
 * Inputs: `tokens`, int32 [rows, positions], and `targets`, int32 [rows, wanted]: what stands behind the last of the
 * positions. The head reads those positions alone. Outputs: see `measureTargets`, for all rows one after the other.
 */
export function buildMapGraph(source: DecoderModel, rule: DrawingRule, runsOn: RunsOn): Uint8Array {
  const model: DecoderModel = runsOn === 'processor' ? { ...source, turnedBy: 'products' } : source;
  const { width, vocabularySize } = model.config;
  const graph = new Graph('map');
  graph.input('tokens', 'int32', ['rows', 'positions']);
  graph.input('targets', 'int32', ['rows', 'wanted']);
  const hidden = transformTexts(graph, model, 'tokens', runsOn);
  const nWanted = graph.op('Shape', ['targets'], { start: 1, end: 2 });
  const ends = graph.int64([Number.MAX_SAFE_INTEGER]);
  const last = graph.op('Slice', [hidden, graph.op('Neg', [nWanted]), ends, graph.int64([1])]);
  const logits = head(graph, model, graph.op('Reshape', [last, graph.int64([-1, width])]));
  const targets = graph.op('Reshape', ['targets', graph.int64([-1, 1])]);
  const measure = runsOn === 'processor' ? measureTargets : measureOnDevice;
  measure(graph, rule, vocabularySize, logits, targets);
  return encodeModel(graph);
}
