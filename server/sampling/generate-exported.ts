// Samples a model that was exported elsewhere: logits and the whole past go out and in again at every step,
// so it is slow. Tokens are picked by the same nodes as everywhere. Knows the exporters' names of inputs.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../errors.ts';
import type { GenerationSettings, RowRequest, RowResult } from './generate-batch.ts';
import { DATA_TYPE, encodeModel, Graph } from './onnx-graph.ts';
import { uniformAt } from './philox.ts';
import { type PickRule, pickToken } from './pick-token.ts';
import { SampleRow } from './sample-row.ts';
import { temperatureAt } from './schedule.ts';
import { openSession, type SessionSettings } from './session.ts';

export interface OpenExportedModel {
  readonly decoder: InferenceSession;
  readonly picker: InferenceSession;
  /** Inputs of the past and the outputs that become the next step's. */
  readonly past: readonly PastTensor[];
}

interface PastTensor {
  readonly input: string;
  readonly output: string;
  readonly type: 'float32' | 'float16';
  readonly nHeads: number;
  readonly headWidth: number;
}

/** Throws a UserError for a model without a past, or with inputs of other names. */
export async function openExportedModel(
  path: string,
  rule: PickRule,
  settings: SessionSettings,
): Promise<OpenExportedModel> {
  const decoder = await openSession(path, settings);
  const refuse = (why: string): never => {
    throw new UserError(`${path} cannot be sampled: ${why}.`, {
      action: 'Export it as text generation with past, or choose a folder with model.safetensors in it.',
    });
  };
  const past: PastTensor[] = [];
  for (const input of decoder.inputMetadata) {
    if (FED.has(input.name)) continue;
    const output = input.name.replace(/^past_key_values\./, 'present.');
    if (!input.isTensor || output === input.name || !decoder.outputNames.includes(output))
      return refuse(`its input ${input.name} is not known`);
    const [, nHeads, , headWidth] = input.shape;
    if (input.type !== 'float32' && input.type !== 'float16') return refuse(`${input.name} is ${input.type}`);
    if (typeof nHeads !== 'number' || typeof headWidth !== 'number')
      return refuse(`it does not say the size of ${input.name}`);
    past.push({ input: input.name, output, type: input.type, nHeads, headWidth });
  }
  if (past.length === 0) return refuse('it takes no past');
  const logits = decoder.outputMetadata.find(({ name }) => name === 'logits');
  if (!logits?.isTensor || (logits.type !== 'float32' && logits.type !== 'float16'))
    return refuse('it gives no logits');
  const vocabularySize = logits.shape[2];
  if (typeof vocabularySize !== 'number') return refuse('it does not say the size of its vocabulary');
  const picker = await openSession(buildPickGraph(rule, vocabularySize, logits.type), settings);
  return { decoder, picker, past };
}

const FED = new Set(['input_ids', 'attention_mask', 'position_ids', 'use_cache_branch']);

/** As `generateBatch`: the results in the order of the rows, or null when stopped. */
export async function generateExported(
  { decoder, picker, past }: OpenExportedModel,
  { config, seed, maxTokens, schedule }: GenerationSettings,
  requests: readonly RowRequest[],
  isStopped: () => boolean,
): Promise<readonly RowResult[] | null> {
  const rows = requests.map((request) => new SampleRow(request, maxTokens));
  const nRows = rows.length;
  const cache: Record<string, Tensor> = {};
  for (const { input, type, nHeads, headWidth } of past) {
    cache[input] = new Tensor(type, [], [nRows, nHeads, 0, headWidth]);
  }
  for (let position = 0; rows.some((row) => row.remaining > 0); position++) {
    if (isStopped()) return null;
    const int64 = (value: (row: SampleRow) => number) =>
      new Tensor(
        'int64',
        BigInt64Array.from(rows, (row) => BigInt(value(row))),
        [nRows, 1],
      );
    const inputs: Record<string, Tensor> = {
      ...cache,
      input_ids: int64((row) => row.tokenAt(position)),
      attention_mask: new Tensor('int64', new BigInt64Array(nRows * (position + 1)).fill(1n), [
        nRows,
        position + 1,
      ]),
      position_ids: int64(() => position),
      use_cache_branch: new Tensor('bool', [position > 0], [1]),
    };
    for (const name of FED) if (!decoder.inputNames.includes(name)) delete inputs[name];
    const outputs = await decoder.run(inputs);
    for (const { input, output } of past) cache[input] = outputs[output]!;
    const double = (value: (row: SampleRow, step: number) => number) =>
      new Tensor(
        'float64',
        Float64Array.from(rows, (row) => value(row, Math.max(0, row.stepAt(position)))),
        [nRows, 1],
      );
    const { picked, logprob } = await picker.run({
      logits: outputs.logits!,
      uniform: double((row, step) => uniformAt(seed, row.sampleId, step)),
      temperature: double((_, step) => temperatureAt(schedule, step)),
    });
    for (const [i, row] of rows.entries()) {
      const token = (picked!.data as Int32Array)[i]!;
      row.take(position, token, (logprob!.data as Float32Array)[i]!, config.eosTokens);
    }
  }
  return rows.map((row) => row.result());
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
