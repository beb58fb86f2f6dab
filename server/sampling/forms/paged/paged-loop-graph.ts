// The generation loop for CUDA: one `run` makes all steps of a whole batch. The cache is created inside the
// run and stays where it is: PagedAttention writes each step's keys and values into pages that the loop only
// refers to, so nothing is copied, nothing grows, and only tokens, noise and log-probabilities cross the bus.
//
// PagedAttention exists for CUDA alone. The same loop with GroupQueryAttention, whose cache is carried from
// step to step, runs on the CPU too, where tests compare it with the reference form.

import type { DecoderModel } from '../../decoder/decoder-model.ts';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { DATA_TYPE, type Dimension, encodeModel, Graph } from '../../onnx/onnx-graph.ts';
import type { Arithmetic } from '../../pick/pick-on-device.ts';
import type { PickRule } from '../../pick/pick-token.ts';
import { GroupedAttention, type KeyAndValue, PagedAttention } from '../device/device-attention.ts';
import { buildSteps, splitSteps } from '../device/device-steps.ts';
import { JOINED_WIDTH, joinHeads } from './joined-heads.ts';

export interface PagedLoopForm {
  /** Joined: several of the model's heads are one in the cache (joined-heads.ts). */
  readonly attention: 'paged' | 'joined' | 'grouped';
  /** Positions of one page. */
  readonly pageSize: number;
  /** Steps inside one iteration: only at its end may the loop stop early. */
  readonly unroll: number;
  readonly arithmetic: Arithmetic;
}

/** Every iteration's end waits for the processor once. */
const CUDA_LOOP = { unroll: 8, arithmetic: 'float64' } as const;

/** Chosen by measurement (docs/performance.md): each page size is the one that the runtime's fastest kernel reads. */
export const cudaForm = (config: DecoderSpec): PagedLoopForm =>
  joinHeads(config.attention) === null
    ? { ...CUDA_LOOP, attention: 'paged', pageSize: 256 }
    : { ...CUDA_LOOP, attention: 'joined', pageSize: 128 };

/**
 * Inputs: `token` int32 [batch] to feed first; `teacherForced` int32 [iterations, unroll, batch], what to feed after
 * each step or -1 for what was picked; `uniform` and `temperature` [iterations, unroll, batch, 1]; `remaining`
 * int32 [batch], picks left to each row. Every row starts at position 0.
 * Outputs: `picked` int32 and `logprob` float32 [iterations done, unroll, batch]; if asked for also `logits` float32
 * [iterations done, batch, vocabulary] of each iteration's last step, to compare devices by.
 * The loop ends early when no row has picks left.
 */
export function buildPagedLoop(
  model: DecoderModel,
  rule: PickRule,
  form: PagedLoopForm,
  outputs: 'tokens' | 'tokens-and-logits' = 'tokens',
): Uint8Array {
  const graph = new Graph('generation');
  const perStep: readonly Dimension[] = ['iterations', form.unroll, 'batch'];
  graph.input('token', 'int32', ['batch']);
  graph.input('teacherForced', 'int32', perStep);
  graph.input('uniform', form.arithmetic, [...perStep, 1]);
  graph.input('temperature', form.arithmetic, [...perStep, 1]);
  graph.input('remaining', 'int32', ['batch']);

  const shape = (input: string, axis: number) => graph.op('Shape', [input], { start: axis, end: axis + 1 });
  const nIterations = shape('teacherForced', 0);
  const nRows = shape('token', 0);
  const nSteps = graph.op('Mul', [nIterations, graph.int64([form.unroll])]);
  const cache = createCache(graph, model, form, nRows, nSteps);
  const body = buildBody(graph, model, rule, form, cache, outputs);
  const carried = cache.carried.flat();
  graph.node(
    '',
    'Loop',
    [graph.op('Squeeze', [nIterations]), graph.true(), 'token', graph.int32([0]), 'remaining', ...carried],
    [
      'last_token',
      'last_position',
      'last_remaining',
      ...carried.map((_, i) => `last_cache.${i}`),
      'picked',
      'logprob',
      ...(outputs === 'tokens' ? [] : ['logits']),
    ],
    { body },
  );
  graph.output('picked', 'int32', [null, form.unroll, 'batch']);
  graph.output('logprob', 'float32', [null, form.unroll, 'batch']);
  if (outputs !== 'tokens') graph.output('logits', 'float32', [null, 'batch', model.config.vocabularySize]);
  // The runtime crashes on a loop whose carried outputs are left out, so the small ones go out too.
  for (const name of ['last_token', 'last_position', 'last_remaining']) graph.output(name, 'int32', [null]);
  return encodeModel(graph);
}

interface Cache {
  /** Paged: what the loop's body refers to. */
  readonly pages: readonly KeyAndValue[];
  readonly pageTable: string;
  readonly rowEnds: string;
  /** Grouped: what is carried from step to step. */
  readonly carried: readonly KeyAndValue[];
}

function createCache(
  graph: Graph,
  { config, precision }: DecoderModel,
  form: PagedLoopForm,
  nRows: string,
  nSteps: string,
): Cache {
  const { nLayers, attention } = config;
  const type = precision ?? 'float32';
  const layers = Array.from({ length: nLayers });
  const sizes = (values: readonly string[]) => graph.op('Concat', values, { axis: 0 });
  if (form.attention === 'grouped') {
    const shape = sizes([
      nRows,
      graph.int64([attention.nKeyHeads]),
      nSteps,
      graph.int64([attention.headWidth]),
    ]);
    const carried = layers.map(
      (_, layer) => [graph.buffer(shape, type, 2 * layer), graph.buffer(shape, type, 2 * layer + 1)] as const,
    );
    return { pages: [], pageTable: '', rowEnds: '', carried };
  }
  const roundUp = graph.op('Add', [nSteps, graph.int64([form.pageSize - 1])]);
  const pagesPerRow = graph.op('Div', [roundUp, graph.int64([form.pageSize])]);
  const nPages = graph.op('Mul', [nRows, pagesPerRow]);
  const shape = sizes([nPages, graph.int64([form.pageSize, ...cachedHeads(config, form)])]);
  const upTo = (count: string) => {
    const narrow = graph.op('Cast', [graph.op('Squeeze', [count])], { to: DATA_TYPE.int32 });
    return graph.op('Range', [graph.int32(0), narrow, graph.int32(1)]);
  };
  return {
    pages: layers.map(
      (_, layer) => [graph.buffer(shape, type, 2 * layer), graph.buffer(shape, type, 2 * layer + 1)] as const,
    ),
    pageTable: graph.op('Reshape', [upTo(nPages), sizes([nRows, pagesPerRow])]),
    rowEnds: upTo(graph.op('Add', [nRows, graph.int64([1])])),
    carried: [],
  };
}

/** What the cache holds of a position's keys, and as much of its values: [heads, values of each]. */
export function cachedHeads(config: DecoderSpec, form: PagedLoopForm): readonly [number, number] {
  const heads = headsOf(config, form);
  const { nKeyHeads, headWidth } = config.attention;
  return heads === null ? [nKeyHeads, headWidth] : [heads.nJoined, JOINED_WIDTH];
}

const headsOf = (config: DecoderSpec, { attention }: PagedLoopForm) =>
  attention === 'joined' ? joinHeads(config.attention) : null;

function buildBody(
  root: Graph,
  model: DecoderModel,
  rule: PickRule,
  form: PagedLoopForm,
  cache: Cache,
  outputs: 'tokens' | 'tokens-and-logits',
): Graph {
  const { config, precision = 'float32' } = model;
  const body = new Graph('steps', root);
  body.input('iteration', 'int64', []);
  body.input('goes_on', 'bool', []);
  const token = body.input('fed_token', 'int32', ['batch']);
  const position = body.input('fed_position', 'int32', [1]);
  const remaining = body.input('fed_remaining', 'int32', ['batch']);
  const { nKeyHeads, headWidth } = config.attention;
  const cacheShape: readonly Dimension[] = ['batch', nKeyHeads, 'capacity', headWidth];
  const carried = cache.carried.map(
    (_, layer): KeyAndValue => [
      body.input(`fed_key.${layer}`, precision, cacheShape),
      body.input(`fed_value.${layer}`, precision, cacheShape),
    ],
  );
  const at = (input: string) =>
    splitSteps(body, body.op('Gather', [input, 'iteration'], { axis: 0 }), form.unroll);
  const nRows = body.op('Shape', [token]);
  const positions = Array.from({ length: form.unroll + 1 }, (_, step) =>
    step === 0 ? position : body.op('Add', [position, body.int32([step])]),
  );
  const attention =
    form.attention === 'grouped'
      ? new GroupedAttention(config, precision, carried, form.unroll)
      : // One query a row, and lengths as the device knows them: with this the host never has to ask it.
        new PagedAttention(config.attention, headsOf(config, form), cache, body.localInt32([1, 0]));
  const made = buildSteps(body, model, rule, form.arithmetic, attention, {
    token,
    remaining,
    teacherForced: at('teacherForced'),
    uniform: at('uniform'),
    temperature: at('temperature'),
    position: positions.slice(0, -1).map((at) => body.op('Min', [at, body.int32([config.nPositions - 1])])),
    length: positions.slice(0, -1).map((at) => body.op('Expand', [at, nRows])),
    total: positions.slice(1).map((at) => body.op('Squeeze', [at])),
  });
  // Added up as floats: reductions over integers are slow where they exist. Beyond 2²⁴ only zero matters.
  const open = body.op('ReduceSum', [body.op('Cast', [made.remaining], { to: DATA_TYPE.float32 })], {
    keepdims: 0,
  });
  body.output(body.op('Greater', [open, body.float32(0)]), 'bool', []);
  body.output(body.op('Identity', [made.token]), 'int32', ['batch']);
  body.output(body.op('Identity', [positions.at(-1)!]), 'int32', [1]);
  body.output(body.op('Identity', [made.remaining]), 'int32', ['batch']);
  for (const name of attention instanceof GroupedAttention ? attention.past.flat() : []) {
    body.output(name, precision, cacheShape);
  }
  body.output(made.picked, 'int32', [form.unroll, 'batch']);
  body.output(made.logprob, 'float32', [form.unroll, 'batch']);
  if (outputs !== 'tokens') {
    body.output(body.op('Identity', [made.logits]), 'float32', ['batch', config.vocabularySize]);
  }
  return body;
}
