// The generation loop as one ONNX graph: a `run` makes up to a segment of steps for a whole batch, sampling
// included. All rows stand at the same position. Prompts are fed through the same loop, teacher-forced, so
// prompts of different lengths need neither padding nor a second copy of the weights.
//
// A run may stop anywhere and the next go on from there: where runs meet changes no bit.

import { embed, head, transform } from '../../decoder/decoder-graph.ts';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { DATA_TYPE, type Dimension, encodeModel, Graph } from '../../onnx/onnx-graph.ts';
import { type PickRule, pickToken } from '../../pick/pick-token.ts';
import {
  addPastInputs,
  attendToPast,
  type CacheRole,
  cacheName,
  type PastShapes,
  unseenBefore,
} from './cached-attention.ts';

/**
 * Inputs: `token` int32 [batch] to feed first; `teacherForced` int32 [steps, batch], what to feed after each step
 * or -1 for what was picked; `uniform` float64 [steps, batch, 1]; `temperature` the same; `position`
 * int64 [1] of `token`; `remaining` int32 [batch], picks left to each row; and the three parts of the past
 * for every layer's keys and values.
 * Outputs: `picked` int32 and `logprob` float32, both [steps done, batch, 1]; and the recent past, grown.
 * With `tokens-and-logits` also `logits`, float32 [steps done, batch, vocabulary], to compare models by.
 * The loop ends early when no row has picks left.
 */
export function buildGenerationGraph(
  source: DecoderModel,
  rule: PickRule,
  outputs: 'tokens' | 'tokens-and-logits' = 'tokens',
): Uint8Array {
  const model: DecoderModel = { ...source, turnedBy: 'products' };
  const { config } = model;
  const graph = new Graph('generation');
  graph.input('token', 'int32', ['batch']);
  graph.input('teacherForced', 'int32', ['steps', 'batch']);
  graph.input('uniform', 'float64', ['steps', 'batch', 1]);
  graph.input('temperature', 'float64', ['steps', 'batch', 1]);
  graph.input('position', 'int64', [1]);
  graph.input('remaining', 'int32', ['batch']);
  const past = addPastInputs(graph, config);
  const nSteps = graph.op('Squeeze', [graph.op('Shape', ['teacherForced'], { start: 0, end: 1 })]);
  const body = buildStep(graph, model, rule, outputs, past);
  const names = (role: CacheRole) =>
    Array.from({ length: config.nLayers }, (_, layer) => [
      cacheName(role, layer, 'key'),
      cacheName(role, layer, 'value'),
    ]).flat();
  const carried = ['token', 'position', 'remaining', ...names('recent')];
  const made = names('made');
  const scanned = ['picked', 'logprob', ...(outputs === 'tokens' ? [] : ['logits'])];
  // Every output is named: the runtime crashes on a loop whose carried outputs are left out.
  graph.node(
    '',
    'Loop',
    [nSteps, graph.true(), ...carried],
    ['last_token', 'last_position', 'last_remaining', ...made, ...scanned],
    {
      body,
    },
  );
  graph.output('picked', 'int32', [null, 'batch', 1]);
  graph.output('logprob', 'float32', [null, 'batch', 1]);
  if (outputs !== 'tokens') graph.output('logits', 'float32', [null, 'batch', config.vocabularySize]);
  for (const name of made) graph.output(name, 'float32', cacheShape(config));
  return encodeModel(graph);
}

/** What a segment in the making holds of one layer's keys or values. */
const cacheShape = ({ attention: { nKeyHeads, headWidth } }: DecoderSpec): readonly Dimension[] => [
  'batch',
  nKeyHeads,
  null,
  headWidth,
];

/** The loop's body: one token for every row. */
function buildStep(
  root: Graph,
  model: DecoderModel,
  rule: PickRule,
  outputs: 'tokens' | 'tokens-and-logits',
  past: PastShapes,
): Graph {
  const { config } = model;
  const step = new Graph('step', root);
  step.input('iteration', 'int64', []);
  step.input('goes_on', 'bool', []);
  step.input('step_token', 'int32', ['batch']);
  step.input('step_position', 'int64', [1]);
  step.input('step_remaining', 'int32', ['batch']);
  const cache = Array.from({ length: config.nLayers }, (_, layer) => {
    const key = step.input(`carried.${layer}.key`, 'float32', cacheShape(config));
    const value = step.input(`carried.${layer}.value`, 'float32', cacheShape(config));
    return { key, value, nextKey: `grown.${layer}.key`, nextValue: `grown.${layer}.value` };
  });
  const nCarried = step.op('Shape', [cache[0]!.key], { start: 2, end: 3 });
  const nRecent = step.op('Add', [nCarried, step.int64([1])]);
  const lengths = step.op('Concat', [past.lengths, nRecent], { axis: 0 });

  const { attention } = config;
  const unseen = new Map<number, string>();
  for (const { window } of attention.layers) {
    if (window !== null && !unseen.has(window)) unseen.set(window, unseenBefore(step, lengths, window));
  }
  const embedded = embed(step, model, 'step_token', 'step_position', 'stored');
  const hidden = transform(step, model, embedded, 'step_position', {
    nAxesBefore: 1,
    rotates: () => 'before-computed',
    attend: (graph, heads, layer) => {
      const { window } = attention.layers[layer]!;
      const mask = window === null ? null : unseen.get(window)!;
      return attendToPast(graph, attention, heads, layer, cache[layer]!, past, lengths, mask);
    },
  });
  const logits = head(step, model, hidden);
  const at = (input: string) => step.op('Gather', [input, 'iteration'], { axis: 0 });
  const picked = pickToken(step, rule, config.vocabularySize, logits, at('uniform'), at('temperature'));
  const logprob = step.op('GatherElements', [step.op('LogSoftmax', [logits], { axis: 1 }), picked], {
    axis: 1,
  });
  const pickedNarrow = step.op('Cast', [picked], { to: DATA_TYPE.int32 });

  const pickedRow = step.op('Squeeze', [pickedNarrow, step.int64([1])]);
  const teacherForced = at('teacherForced');
  const isForced = step.op('GreaterOrEqual', [teacherForced, step.int32(0)]);
  const nextToken = step.op('Where', [isForced, teacherForced, pickedRow]);
  let remaining = step.op('Sub', ['step_remaining', step.int32(1)]);
  for (const token of config.eosTokens) {
    const isEnd = step.op('Equal', [pickedRow, step.int32(token)]);
    remaining = step.op('Where', [isEnd, step.int32(0), remaining]);
  }
  remaining = step.op('Where', [isForced, 'step_remaining', remaining]);
  const most = step.op('ReduceMax', [remaining], { keepdims: 0 });
  const goesOn = step.op('Greater', [most, step.int32(0)]);

  step.output(goesOn, 'bool', []);
  step.output(nextToken, 'int32', ['batch']);
  step.output(step.op('Add', ['step_position', step.int64(1)]), 'int64', [1]);
  step.output(remaining, 'int32', ['batch']);
  for (const { nextKey, nextValue } of cache) {
    step.output(nextKey, 'float32', cacheShape(config));
    step.output(nextValue, 'float32', cacheShape(config));
  }
  step.output(pickedNarrow, 'int32', ['batch', 1]);
  step.output(logprob, 'float32', ['batch', 1]);
  if (outputs === 'tokens-and-logits') {
    step.output(step.op('Identity', [logits]), 'float32', ['batch', config.vocabularySize]);
  }
  return step;
}
