// What the graph picks from logits is what the plain definition picks: sort, cut, add up, compare with the noise.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';
import { uniformAt } from '../../../server/sampling/pick/philox.ts';
import { type PickRule, pickToken } from '../../../server/sampling/pick/pick-token.ts';

const N_ROWS = 48;
const RULES: Readonly<Record<string, PickRule>> = {
  greedy: { topK: 40, topP: 1, greedy: true },
  'top-k 40': { topK: 40, topP: 1, greedy: false },
  'top-k 40 with top-p 0.7': { topK: 40, topP: 0.7, greedy: false },
  'the whole vocabulary': { topK: 0, topP: 1, greedy: false },
  'top-p 0.9': { topK: 0, topP: 0.9, greedy: false },
  'top-p so near to 1 that all are sorted': { topK: 0, topP: 0.99999, greedy: false },
};
const TEMPERATURES = [0.3, 1, 10];

interface Row {
  readonly logits: Float32Array;
  readonly temperature: number;
  readonly uniform: number;
}

/** Some flat, some with one token far above all others. */
function makeRows(vocabularySize: number): readonly Row[] {
  return Array.from({ length: N_ROWS }, (_, row) => ({
    logits: Float32Array.from(
      { length: vocabularySize },
      (_, i) => (1 + (row % 5)) * 4 * (uniformAt(1, row, i) - 0.5) + (i === row ? 4 * (row % 4) : 0),
    ),
    temperature: TEMPERATURES[row % TEMPERATURES.length]!,
    uniform: row === 7 ? 0 : row === 8 ? 1 - 2 ** -53 : uniformAt(2, row, 0),
  }));
}

async function pick(session: InferenceSession, rows: readonly Row[]): Promise<number[]> {
  const vocabularySize = rows[0]!.logits.length;
  const column = (value: (row: Row) => number) =>
    new Tensor('float64', Float64Array.from(rows, value), [rows.length, 1]);
  const logits = new Float32Array(rows.length * vocabularySize);
  for (const [i, row] of rows.entries()) logits.set(row.logits, i * vocabularySize);
  const { picked } = await session.run({
    logits: new Tensor('float32', logits, [rows.length, vocabularySize]),
    uniform: column((row) => row.uniform),
    temperature: column((row) => row.temperature),
  });
  return Array.from(picked!.data as BigInt64Array, Number);
}

function openPicker(rule: PickRule, vocabularySize: number): Promise<InferenceSession> {
  const graph = new Graph('pick');
  graph.input('logits', 'float32', ['rows', vocabularySize]);
  graph.input('uniform', 'float64', ['rows', 1]);
  graph.input('temperature', 'float64', ['rows', 1]);
  const token = pickToken(graph, rule, vocabularySize, 'logits', 'uniform', 'temperature');
  graph.op('Identity', [token], {}, 'picked');
  graph.output('picked', 'int64', ['rows', 1]);
  return openSession(encodeModel(graph), { provider: 'cpu', nThreads: 1, weightFolder: '.' });
}

/** Tokens that the definition allows: more than one only where the noise hits a border as exactly as floats can say. */
function allowed({ topK, topP, greedy }: PickRule, { logits, temperature, uniform }: Row): Set<number> {
  const isWhole = topK === 0 || topK >= logits.length;
  const ids = [...logits.keys()];
  // Without a cut candidates stand in the vocabulary's own order.
  if (!isWhole || topP < 1 || greedy) ids.sort((a, b) => logits[b]! - logits[a]! || a - b);
  if (greedy) return new Set([ids[0]!]);
  const candidates = isWhole ? ids : ids.slice(0, topK);
  const highest = Math.max(...logits);
  const weights = candidates.map((id) => Math.exp((logits[id]! - highest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let mass = 0;
  let nKept = 0;
  while (nKept < weights.length && mass < topP) mass += weights[nKept++]! / total;
  const found = new Set<number>();
  let before = 0;
  for (let i = 0; i < nKept; i++) {
    const after = before + weights[i]! / total / mass;
    if (before <= uniform + BORDER && uniform - BORDER < after) found.add(candidates[i]!);
    before = after;
  }
  return found;
}

const BORDER = 2e-6;

for (const vocabularySize of [300, 5003, 8192]) {
  describe(`of ${vocabularySize} tokens`, () => {
    const rows = makeRows(vocabularySize);
    for (const [name, rule] of Object.entries(RULES)) {
      test(name, async () => {
        const session = await openPicker(rule, vocabularySize);
        const together = await pick(session, rows);
        for (const [i, row] of rows.entries()) {
          const expected = allowed(rule, row);
          assert.ok(expected.size <= 3, `the case ${i} says little`);
          assert.ok(expected.has(together[i]!), `row ${i}: ${together[i]} is none of ${[...expected]}`);
          assert.deepEqual(await pick(session, [row]), [together[i]], `row ${i} depends on its neighbours`);
        }
      });
    }
  });
}
