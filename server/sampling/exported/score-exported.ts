// Teacher forcing through a model that was exported elsewhere: a text is read in one run, without a past. That is
// right only where the graph lets no position see what is behind it, so that is tried before it is relied on.

import { Tensor } from 'onnxruntime-node';
import { UserError } from '../../errors.ts';
import type { TeacherForcing } from '../forms/score/score-batch.ts';
import { DATA_TYPE, encodeModel, Graph } from '../onnx/onnx-graph.ts';
import { openSession, type SessionSettings } from '../onnx/session.ts';
import type { ExportedDecoder } from './exported-decoder.ts';
import { buildFeeds, emptyPast, feedable, nextPast } from './exported-feeds.ts';
import { type ForeignSession, openForeignSession } from './foreign-session.ts';

/** Throws a UserError for a graph that was exported for one new position at a time. */
export async function openExportedScorer(
  decoder: ExportedDecoder,
  settings: SessionSettings,
): Promise<TeacherForcing> {
  const session = await openForeignSession(decoder, settings);
  await checkDirection(decoder, session);
  const measure = await openSession(buildScoreGraph(decoder.logitsType), settings);
  return async (tokens, targets, shape) => {
    const [nRows] = shape;
    const feeds = buildFeeds(decoder, emptyPast(decoder, nRows), 0, [...tokens], nRows);
    const { logits } = await session.run(feeds, ['logits']);
    const { logprob } = await measure.run({
      logits: feedable(logits!),
      targets: new Tensor('int32', targets, [targets.length, 1]),
    });
    return logprob!.data as Float32Array;
  };
}

/** Reads a text position by position, as it is sampled: for graphs whose positions influence each other's rounding. */
export async function openStepScorer(
  decoder: ExportedDecoder,
  settings: SessionSettings,
): Promise<TeacherForcing> {
  const session = await openForeignSession(decoder, settings);
  const measure = await openSession(buildScoreGraph(decoder.logitsType), settings);
  return async (tokens, targets, [nRows, nPositions]) => {
    const logprobs = new Float32Array(nRows * nPositions);
    for (let row = 0; row < nRows; row++) {
      let past = emptyPast(decoder, 1);
      for (let position = 0; position < nPositions; position++) {
        const at = row * nPositions + position;
        const outputs = await session.run(buildFeeds(decoder, past, position, [tokens[at]!], 1));
        past = nextPast(decoder, outputs);
        const { logprob } = await measure.run({
          logits: feedable(outputs.logits!),
          targets: new Tensor('int32', targets.slice(at, at + 1), [1, 1]),
        });
        logprobs[at] = (logprob!.data as Float32Array)[0]!;
      }
    }
    return logprobs;
  };
}

/** Throws a UserError unless the first position of several says the same about what follows as it does alone. */
export async function checkDirection(decoder: ExportedDecoder, session: ForeignSession): Promise<void> {
  const read = async (tokens: readonly number[]) => {
    const feeds = buildFeeds(decoder, emptyPast(decoder, 1), 0, tokens, 1);
    const { logits } = await session.run(feeds, ['logits']);
    const all = Array.from(logits!.data as Float32Array, Number);
    return all.slice(0, all.length / tokens.length);
  };
  const refuse = (cause?: unknown): never => {
    throw new UserError(
      `${decoder.path} cannot score: it reads several tokens at once otherwise than one by one.`,
      {
        action: 'Export it as text generation anew, or choose a folder with model.safetensors in it.',
        cause,
      },
    );
  };
  const alone = await read([1]);
  const among = await read([1, 2, 3, 4]).catch(refuse);
  const spread = alone.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const isSame = alone.every((x, i) => Math.abs(x - among[i]!) <= 0.01 * spread);
  if (!isSame) refuse();
}

/** A graph from `logits` [rows, positions, vocabulary] and `targets` int32 [rows × positions, 1] to their `logprob`. */
function buildScoreGraph(type: 'float32' | 'float16'): Uint8Array {
  const graph = new Graph('score');
  graph.input('logits', type, ['rows', 'positions', 'vocabulary']);
  graph.input('targets', 'int32', ['all', 1]);
  const flat = graph.op('Flatten', ['logits'], { axis: 2 });
  const wide = type === 'float32' ? flat : graph.op('Cast', [flat], { to: DATA_TYPE.float32 });
  const logprobs = graph.op('LogSoftmax', [wide], { axis: 1 });
  graph.op('GatherElements', [logprobs, 'targets'], { axis: 1 }, 'logprob');
  graph.output('logprob', 'float32', ['all', 1]);
  return encodeModel(graph);
}
