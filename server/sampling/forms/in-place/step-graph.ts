// Some steps of generation as one graph, for devices whose runtime has no loop of its own: the caller runs it
// again and again over the same cache, without ever looking at it.

import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { type Dimension, encodeModel, Graph } from '../../onnx/onnx-graph.ts';
import type { Arithmetic } from '../../pick/pick-on-device.ts';
import type { PickRule } from '../../pick/pick-token.ts';
import { type DeviceAttention, GroupedAttention, type KeyAndValue } from '../device/device-attention.ts';
import { buildSteps, splitSteps } from '../device/device-steps.ts';
import { InPlaceAttention } from './in-place-attention.ts';

export interface StepForm {
  /** Steps of one run. */
  readonly nSteps: number;
  readonly arithmetic: Arithmetic;
  /**
   * In place: every step's cache is an output, and the caller gives the same memory for the input and all of them, so
   * nothing is ever copied. Only WebGPU's runtime does so. Otherwise a run's first and last step copy the cache.
   */
  readonly cache: 'in-place' | 'handed-on';
}

/** Names of all layers' keys and values as they go in, or come out in the same order. */
export function stepCacheNames(role: 'past' | 'present', nLayers: number): readonly string[] {
  return Array.from({ length: nLayers }, (_, layer) => [
    `${role}.${layer}.key`,
    `${role}.${layer}.value`,
  ]).flat();
}

/** Names of the outputs that keys and values are written to in place, step after step. */
export function stepCacheOutputs(
  { nSteps, cache }: Pick<StepForm, 'nSteps' | 'cache'>,
  nLayers: number,
): readonly string[] {
  const present = stepCacheNames('present', nLayers);
  if (cache !== 'in-place') return present;
  return Array.from({ length: nSteps }, (_, step) => present.map((name) => `${name}.${step}`)).flat();
}

/**
 * `capacity` is how many positions the cache has. Inputs: `token` int32 [batch]; `teacherForced` int32 [steps, batch]; `uniform` and `temperature` [steps, batch, 1];
 * `position` int32 [steps, 1]; `length` int32 [steps, batch]; `total.N` int32 scalars, one a step; and the
 * cache, [batch, key heads, capacity, head width] each.
 * Outputs: `picked` int32 and `logprob` float32 [steps, batch], and the cache, in place or not; if asked for also
 * `logits` float32 [batch, vocabulary] of the last step, to compare devices by.
 */
export function buildStepGraph(
  model: DecoderModel,
  rule: PickRule,
  form: StepForm,
  capacity: number,
  outputs: 'tokens' | 'tokens-and-logits' = 'tokens',
): Uint8Array {
  const { nSteps, arithmetic } = form;
  const { config, precision = 'float32' } = model;
  const graph = new Graph('steps');
  const input = (name: string, type: 'int32' | Arithmetic, ...rest: readonly Dimension[]) =>
    splitSteps(graph, graph.input(name, type, [nSteps, ...rest]), nSteps);
  const { nKeyHeads, headWidth } = config.attention;
  const cacheShape: readonly Dimension[] = ['batch', nKeyHeads, capacity, headWidth];
  for (const name of stepCacheNames('past', config.nLayers)) graph.input(name, precision, cacheShape);
  const present = stepCacheOutputs(form, config.nLayers);
  const attention = attendOver(form, model, capacity, present);
  const made = buildSteps(graph, model, rule, arithmetic, attention, {
    token: graph.input('token', 'int32', ['batch']),
    teacherForced: input('teacherForced', 'int32', 'batch'),
    uniform: input('uniform', arithmetic, 'batch', 1),
    temperature: input('temperature', arithmetic, 'batch', 1),
    position: input('position', 'int32', 1),
    length: input('length', 'int32', 'batch'),
    total: Array.from({ length: nSteps }, (_, step) => graph.input(`total.${step}`, 'int32', [])),
  });
  graph.op('Identity', [made.picked], {}, 'picked');
  graph.op('Identity', [made.logprob], {}, 'logprob');
  graph.output('picked', 'int32', [nSteps, 'batch']);
  graph.output('logprob', 'float32', [nSteps, 'batch']);
  if (outputs !== 'tokens') {
    graph.op('Identity', [made.logits], {}, 'logits');
    graph.output('logits', 'float32', ['batch', config.vocabularySize]);
  }
  for (const name of present) graph.output(name, precision, cacheShape);
  return encodeModel(graph);
}

function attendOver(
  { nSteps, cache }: StepForm,
  { config, precision = 'float32' }: DecoderModel,
  capacity: number,
  present: readonly string[],
): DeviceAttention {
  const past = inPairs(stepCacheNames('past', config.nLayers));
  const made = inPairs(present);
  return cache === 'in-place'
    ? new InPlaceAttention(config, precision, capacity, past, made)
    : new GroupedAttention(config, precision, past, nSteps, made);
}

function inPairs(names: readonly string[]): readonly KeyAndValue[] {
  return Array.from({ length: names.length / 2 }, (_, i): KeyAndValue => [names[2 * i]!, names[2 * i + 1]!]);
}

/** The cache before the first step, made where it is used: input `shape` int64 [4], outputs what nobody reads. */
export function buildEmptyCache({ config, precision = 'float32' }: DecoderModel): Uint8Array {
  const graph = new Graph('cache');
  graph.input('shape', 'int64', [4]);
  for (const [i, name] of stepCacheNames('present', config.nLayers).entries()) {
    graph.op('Expand', [graph.almostZero(precision, i), 'shape'], {}, name);
    graph.output(name, precision, [null, null, null, config.attention.headWidth]);
  }
  return encodeModel(graph);
}
