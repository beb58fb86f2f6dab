// Several steps of generation in a row, for any device form: feed a token a row, attend, pick, feed on.
// The form decides what the inputs are and where the cache is kept.

import { embed, head, transform } from '../../decoder/decoder-graph.ts';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import type { Graph } from '../../onnx/onnx-graph.ts';
import { type Arithmetic, logprobOf, type Picked, pickOnDevice } from '../../pick/pick-on-device.ts';
import type { PickRule } from '../../pick/pick-token.ts';
import type { DeviceAttention } from './device-attention.ts';

/** Lists have one value a step. */
interface StepInputs {
  /** int32 [batch], fed first. */
  readonly token: string;
  /** int32 [batch]: what to feed next, or -1 for what was picked. */
  readonly teacherForced: readonly string[];
  /** [batch, 1]. */
  readonly uniform: readonly string[];
  readonly temperature: readonly string[];
  /** int32 [1]: the model's position, within its context. */
  readonly position: readonly string[];
  /** int32 [batch], positions before. */
  readonly length: readonly string[];
  /** int32, a scalar that the host can read: positions with this one. */
  readonly total: readonly string[];
}

interface StepOutputs {
  /** int32 [batch], to feed after these steps. */
  readonly token: string;
  /** int32 [steps, batch]. */
  readonly picked: string;
  /** float32 [steps, batch]. */
  readonly logprob: string;
  /** float32 [batch, vocabulary], of the last step. */
  readonly logits: string;
}

export function buildSteps(
  graph: Graph,
  model: DecoderModel,
  rule: PickRule,
  arithmetic: Arithmetic,
  attention: DeviceAttention,
  inputs: StepInputs,
): StepOutputs {
  const { vocabularySize } = model.config;
  let { token } = inputs;
  let logits = '';
  const picks: Picked[] = [];
  for (const [step, teacherForced] of inputs.teacherForced.entries()) {
    const lengths = { length: inputs.length[step]!, total: inputs.total[step]! };
    const embedded = embed(graph, model, token, inputs.position[step]!, 'float32');
    const hidden = transform(graph, model, embedded, inputs.position[step]!, {
      nAxesBefore: 1,
      rotates: (layer) => attention.rotates(layer),
      attend: (_, heads, layer) => attention.attend(graph, heads, layer, lengths),
    });
    attention.endStep();
    logits = head(graph, model, hidden);
    const [uniform, temperature] = [inputs.uniform[step]!, inputs.temperature[step]!];
    const picked = pickOnDevice(graph, rule, vocabularySize, arithmetic, logits, uniform, temperature);
    const row = graph.op('Squeeze', [picked.token, graph.int64([1])]);
    const isForced = graph.op('GreaterOrEqual', [teacherForced, graph.int32(0)]);
    token = graph.op('Where', [isForced, teacherForced, row]);
    picks.push(picked);
  }
  const all = (part: keyof Picked) =>
    join(
      graph,
      picks.map((picked) => graph.op('Reshape', [picked[part], graph.int64([1, -1])])),
    );
  return {
    token,
    picked: all('token'),
    // Computed for all steps at once, since no step waits for it.
    logprob: logprobOf(graph, {
      logit: all('logit'),
      highestLogit: all('highestLogit'),
      highestProbability: all('highestProbability'),
    }),
    logits,
  };
}

/** What one node may take apart or put together: WebGPU's shaders have ten buffers at the most. */
const STEPS_AT_ONCE = 8;

/** The parts of [steps, …], without their first axis. */
export function splitSteps(graph: Graph, input: string, nSteps: number): readonly string[] {
  return split(graph, input, nSteps).map((part) => graph.op('Squeeze', [part, graph.int64([0])]));
}

function split(graph: Graph, input: string, nSteps: number): readonly string[] {
  if (nSteps === 1) return [input];
  if (nSteps <= STEPS_AT_ONCE) return graph.ops('Split', [input], nSteps, { axis: 0, num_outputs: nSteps });
  const sizes = partSizes(nSteps);
  const parts = graph.ops('Split', [input, graph.int64(sizes)], sizes.length, { axis: 0 });
  return parts.flatMap((part, i) => split(graph, part, sizes[i]!));
}

function join(graph: Graph, parts: readonly string[]): string {
  if (parts.length === 1) return graph.op('Identity', parts);
  if (parts.length <= STEPS_AT_ONCE) return graph.op('Concat', parts, { axis: 0 });
  let start = 0;
  const joined = partSizes(parts.length).map((size) => {
    start += size;
    return size === 1 ? parts[start - 1]! : join(graph, parts.slice(start - size, start));
  });
  return join(graph, joined);
}

/** Sizes of the parts that one node takes apart or joins, each of as many steps as the nodes below it can do. */
function partSizes(nSteps: number): readonly number[] {
  let each = STEPS_AT_ONCE;
  while (each * STEPS_AT_ONCE < nSteps) each *= STEPS_AT_ONCE;
  return Array.from({ length: Math.ceil(nSteps / each) }, (_, i) => Math.min(each, nSteps - i * each));
}
