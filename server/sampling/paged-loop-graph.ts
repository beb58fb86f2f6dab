// The generation loop for CUDA: one `run` makes all steps of a whole batch. The cache is created inside the
// run and stays where it is: PagedAttention writes each step's keys and values into pages that the loop only
// refers to, so nothing is copied, nothing grows, and only tokens, noise and log-probabilities cross the bus.
//
// PagedAttention exists for CUDA alone. The same loop with GroupQueryAttention, whose cache is carried from
// step to step, runs on the CPU too, where tests compare it with the reference form.

import { embed, type Gpt2Model, head, transform } from './gpt2-graph.ts';
import { DATA_TYPE, type Dimension, encodeModel, Graph } from './onnx-graph.ts';
import { type Arithmetic, pickOnDevice } from './pick-on-device.ts';
import type { PickRule } from './pick-token.ts';

export interface PagedLoopForm {
  readonly attention: 'paged' | 'grouped';
  /** Positions of one page. */
  readonly pageSize: number;
  /** Steps inside one iteration: only at its end may the loop stop early. */
  readonly unroll: number;
  readonly arithmetic: Arithmetic;
}

/** Pages of this size take the runtime's fast attention; every iteration's end waits for the processor once. */
export const CUDA_FORM: PagedLoopForm = {
  attention: 'paged',
  pageSize: 256,
  unroll: 8,
  arithmetic: 'float64',
};

/**
 * Inputs: `token` int32 [batch] to feed first; `forced` int32 [iterations, unroll, batch], what to feed after
 * each step or -1 for what was picked; `uniform` and `temperature` [iterations, unroll, batch, 1]; `remaining`
 * int32 [batch], picks left to each row. Every row starts at position 0.
 * Outputs: `picked` int32 and `logprob` float32 [iterations done, unroll, batch].
 * The loop ends early when no row has picks left.
 */
export function buildPagedLoop(model: Gpt2Model, rule: PickRule, form: PagedLoopForm): Uint8Array {
  const { nLayers } = model.config;
  const graph = new Graph('generation');
  const perStep: readonly Dimension[] = ['iterations', form.unroll, 'batch'];
  graph.input('token', 'int32', ['batch']);
  graph.input('forced', 'int32', perStep);
  graph.input('uniform', form.arithmetic, [...perStep, 1]);
  graph.input('temperature', form.arithmetic, [...perStep, 1]);
  graph.input('remaining', 'int32', ['batch']);

  const shape = (input: string, axis: number) => graph.op('Shape', [input], { start: axis, end: axis + 1 });
  const nIterations = shape('forced', 0);
  const nRows = shape('token', 0);
  const nSteps = graph.op('Mul', [nIterations, graph.int64([form.unroll])]);
  const cache = createCache(graph, model, form, nRows, nSteps);
  const body = buildBody(graph, model, rule, form, cache);
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
    ],
    { body },
  );
  graph.output('picked', 'int32', [null, form.unroll, 'batch']);
  graph.output('logprob', 'float32', [null, form.unroll, 'batch']);
  // The runtime crashes on a loop whose carried outputs are left out, so the small ones go out too.
  for (const name of ['last_token', 'last_position', 'last_remaining']) graph.output(name, 'int32', [null]);
  void nLayers;
  return encodeModel(graph);
}

interface Cache {
  /** Paged: what the loop's body refers to. */
  readonly pages: readonly (readonly [key: string, value: string])[];
  readonly pageTable: string;
  readonly rowEnds: string;
  /** Grouped: what is carried from step to step. */
  readonly carried: readonly (readonly [key: string, value: string])[];
}

function createCache(
  graph: Graph,
  { config, precision }: Gpt2Model,
  form: PagedLoopForm,
  nRows: string,
  nSteps: string,
): Cache {
  const { nHeads, headWidth, nLayers } = config;
  const type = precision ?? 'float32';
  const layers = Array.from({ length: nLayers });
  const sizes = (values: readonly string[]) => graph.op('Concat', values, { axis: 0 });
  if (form.attention === 'grouped') {
    const shape = sizes([nRows, graph.int64([nHeads]), nSteps, graph.int64([headWidth])]);
    const carried = layers.map(() => [graph.zeros(shape, type), graph.zeros(shape, type)] as const);
    return { pages: [], pageTable: '', rowEnds: '', carried };
  }
  const roundUp = graph.op('Add', [nSteps, graph.int64([form.pageSize - 1])]);
  const pagesPerRow = graph.op('Div', [roundUp, graph.int64([form.pageSize])]);
  const nPages = graph.op('Mul', [nRows, pagesPerRow]);
  const shape = sizes([nPages, graph.int64([form.pageSize, nHeads, headWidth])]);
  const upTo = (count: string) => {
    const narrow = graph.op('Cast', [graph.op('Squeeze', [count])], { to: DATA_TYPE.int32 });
    return graph.op('Range', [graph.int32(0), narrow, graph.int32(1)]);
  };
  return {
    pages: layers.map(() => [graph.zeros(shape, type), graph.zeros(shape, type)] as const),
    pageTable: graph.op('Reshape', [upTo(nPages), sizes([nRows, pagesPerRow])]),
    rowEnds: upTo(graph.op('Add', [nRows, graph.int64([1])])),
    carried: [],
  };
}

function buildBody(root: Graph, model: Gpt2Model, rule: PickRule, form: PagedLoopForm, cache: Cache): Graph {
  const { config } = model;
  const body = new Graph('steps', root);
  body.input('iteration', 'int64', []);
  body.input('goes_on', 'bool', []);
  let token = body.input('fed_token', 'int32', ['batch']);
  let position = body.input('fed_position', 'int32', [1]);
  let remaining = body.input('fed_remaining', 'int32', ['batch']);
  const cacheShape: readonly Dimension[] = ['batch', config.nHeads, 'capacity', config.headWidth];
  const type = model.precision ?? 'float32';
  let past = cache.carried.map((_, layer): readonly [string, string] => [
    body.input(`fed_key.${layer}`, type, cacheShape),
    body.input(`fed_value.${layer}`, type, cacheShape),
  ]);
  const nRows = body.op('Shape', [token]);
  const at = (input: string) => body.op('Gather', [input, 'iteration'], { axis: 0 });
  const split = (input: string) =>
    form.unroll === 1
      ? [body.op('Squeeze', [input, body.int64([0])])]
      : body
          .ops('Split', [input], form.unroll, { axis: 0, num_outputs: form.unroll })
          .map((part) => body.op('Squeeze', [part, body.int64([0])]));
  const forcedAt = split(at('forced'));
  const uniformAt = split(at('uniform'));
  const temperatureAt = split(at('temperature'));
  // One query a row, and lengths as the device knows them: with this the host never has to ask it.
  const bounds = form.attention === 'paged' ? body.localInt32([1, 0]) : '';
  const picks: string[] = [];
  const logprobs: string[] = [];
  for (let step = 0; step < form.unroll; step++) {
    const next: (readonly [string, string])[] = [];
    const lengths = body.op('Expand', [position, nRows]);
    const inside = body.op('Min', [position, body.int32([config.nPositions - 1])]);
    const hidden = transform(body, model, embed(body, model, token, inside), (graph, qkv, layer) => {
      const scale = { float: config.attentionScales[layer]! };
      if (form.attention === 'paged') {
        const [key, value] = cache.pages[layer]!;
        const inputs = [qkv, '', '', key, value, cache.rowEnds, lengths, cache.pageTable];
        const optional = ['', '', '', '', '', '', '', ''];
        return graph.contribOp('PagedAttention', [...inputs, ...optional, bounds], {
          num_heads: config.nHeads,
          kv_num_heads: config.nHeads,
          scale,
        });
      }
      const total = graph.op('Squeeze', [graph.op('Add', [position, graph.int32([1])])]);
      const [key, value] = past[layer]!;
      const outputs = [graph.newName('attended'), graph.newName('key'), graph.newName('value')] as const;
      const query = graph.op('Unsqueeze', [qkv, graph.int64([1])]);
      graph.node(
        'com.microsoft',
        'GroupQueryAttention',
        [query, '', '', key, value, lengths, total],
        outputs,
        {
          num_heads: config.nHeads,
          kv_num_heads: config.nHeads,
          scale,
        },
      );
      next.push([outputs[1], outputs[2]]);
      return graph.op('Squeeze', [outputs[0], graph.int64([1])]);
    });
    const logits = head(body, model, hidden);
    const picked = pickOnDevice(
      body,
      rule,
      config.vocabularySize,
      form.arithmetic,
      logits,
      uniformAt[step]!,
      temperatureAt[step]!,
    );
    const row = body.op('Squeeze', [picked.token, body.int64([1])]);
    const forced = forcedAt[step]!;
    const isForced = body.op('GreaterOrEqual', [forced, body.int32(0)]);
    token = body.op('Where', [isForced, forced, row]);
    let left = body.op('Sub', [remaining, body.int32(1)]);
    for (const end of config.eosTokens) {
      left = body.op('Where', [body.op('Equal', [row, body.int32(end)]), body.int32(0), left]);
    }
    remaining = body.op('Where', [isForced, remaining, left]);
    position = body.op('Add', [position, body.int32([1])]);
    past = next;
    picks.push(body.op('Unsqueeze', [row, body.int64([0])]));
    logprobs.push(body.op('Transpose', [picked.logprob], { perm: [1, 0] }));
  }
  const most = body.op('ReduceMax', [remaining], { keepdims: 0 });
  body.output(body.op('Greater', [most, body.int32(0)]), 'bool', []);
  body.output(body.op('Identity', [token]), 'int32', ['batch']);
  body.output(body.op('Identity', [position]), 'int32', [1]);
  body.output(body.op('Identity', [remaining]), 'int32', ['batch']);
  for (const [key, value] of past) {
    body.output(key, type, cacheShape);
    body.output(value, type, cacheShape);
  }
  const joined = (parts: readonly string[]) => body.op('Concat', parts, { axis: 0 });
  body.output(joined(picks), 'int32', [form.unroll, 'batch']);
  body.output(joined(logprobs), 'float32', [form.unroll, 'batch']);
  return body;
}
