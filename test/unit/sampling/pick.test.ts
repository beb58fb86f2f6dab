// What each graph picks from logits is what the plain definition picks, for every rule: the reference of the CPU, and
// what devices pick with in 64 and in 32 bits.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { DATA_TYPE, encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';
import { uniformAt } from '../../../server/sampling/pick/philox.ts';
import { type Arithmetic, pickOnDevice } from '../../../server/sampling/pick/pick-on-device.ts';
import { type PickRule, pickToken } from '../../../server/sampling/pick/pick-token.ts';
import { allowedPicks, candidatesOf, type PickCase } from '../../oracle/plain-pick.ts';
import { inCi } from '../../support/in-ci.ts';

const N_ROWS = inCi ? 48 : 24;
const RULES: Readonly<Record<string, PickRule>> = {
  greedy: { topK: 40, topP: 1, greedy: true },
  'top-k 40': { topK: 40, topP: 1, greedy: false },
  'top-k 40 with top-p 0.7': { topK: 40, topP: 0.7, greedy: false },
  'top-k 1 with top-p': { topK: 1, topP: 0.5, greedy: false },
  'the whole vocabulary': { topK: 0, topP: 1, greedy: false },
  'top-p 0.9': { topK: 0, topP: 0.9, greedy: false },
  'top-p 0.9 of more than there are': { topK: 100_000, topP: 0.9, greedy: false },
  'a nucleus of one': { topK: 0, topP: 1e-6, greedy: false },
  'top-p so near to 1 that all are sorted': { topK: 0, topP: 0.99999, greedy: false },
};
const TEMPERATURES = [0.3, 1, 10];

interface Picker {
  /** What its noise is given in. */
  readonly arithmetic: Arithmetic;
  /** How far its rounded sums may be from where two candidates meet. */
  readonly border: number;
  /** The batches in which each row must be picked for as in that of all rows. */
  readonly neighbours: (rows: readonly PickCase[]) => readonly (readonly PickCase[])[];
  /** Gives the token, [rows, 1]. */
  readonly pick: Pick;
}

type Pick = (
  graph: Graph,
  rule: PickRule,
  vocabularySize: number,
  logits: string,
  uniform: string,
  temperature: string,
) => string;

const alone = (rows: readonly PickCase[]) => rows.map((row) => [row]);
/** On devices every batch has the same size. */
const shifted = (rows: readonly PickCase[]) => [[...rows.slice(5), ...rows.slice(0, 5)]];

const PICKERS: Readonly<Record<string, Picker>> = {
  'on the CPU': { arithmetic: 'float64', border: 2e-6, neighbours: alone, pick: pickToken },
  'for devices in 64 bits': {
    arithmetic: 'float64',
    border: 2e-6,
    neighbours: shifted,
    pick: onDevice('float64'),
  },
  'for devices in 32 bits': {
    arithmetic: 'float32',
    border: 2e-6,
    neighbours: shifted,
    pick: onDevice('float32'),
  },
};

function onDevice(arithmetic: Arithmetic): Pick {
  return (graph, rule, vocabularySize, logits, uniform, temperature) =>
    pickOnDevice(graph, rule, vocabularySize, arithmetic, logits, uniform, temperature).token;
}

/** The highest noise of all, as each arithmetic has it: 32 bits round it up to 1. */
const HIGHEST = { float64: 1 - 2 ** -53, float32: 1 } as const;

/** Some flat, some with one token far above all others. */
function makeRows(vocabularySize: number, arithmetic: Arithmetic): readonly PickCase[] {
  return Array.from({ length: N_ROWS }, (_, row) => ({
    logits: Float32Array.from(
      { length: vocabularySize },
      (_, i) => (1 + (row % 5)) * 4 * (uniformAt(1, row, i) - 0.5) + (i === row ? 4 * (row % 4) : 0),
    ),
    temperature: TEMPERATURES[row % TEMPERATURES.length]!,
    uniform: row === 7 ? 0 : row % 5 === 3 ? HIGHEST[arithmetic] : uniformAt(2, row, 0),
  }));
}

async function pick(
  session: InferenceSession,
  rows: readonly PickCase[],
  arithmetic: Arithmetic,
): Promise<number[]> {
  const vocabularySize = rows[0]!.logits.length;
  const FloatArray = arithmetic === 'float64' ? Float64Array : Float32Array;
  const column = (value: (row: PickCase) => number) =>
    new Tensor(arithmetic, new FloatArray(rows.map(value)) as Float64Array, [rows.length, 1]);
  const logits = new Float32Array(rows.length * vocabularySize);
  for (const [i, row] of rows.entries()) logits.set(row.logits, i * vocabularySize);
  const { picked } = await session.run({
    logits: new Tensor('float32', logits, [rows.length, vocabularySize]),
    uniform: column((row) => row.uniform),
    temperature: column((row) => row.temperature),
  });
  return Array.from(picked!.data as Int32Array);
}

function openPicker(
  { pick, arithmetic }: Picker,
  rule: PickRule,
  vocabularySize: number,
): Promise<InferenceSession> {
  const graph = new Graph('pick');
  graph.input('logits', 'float32', ['rows', vocabularySize]);
  graph.input('uniform', arithmetic, ['rows', 1]);
  graph.input('temperature', arithmetic, ['rows', 1]);
  const token = pick(graph, rule, vocabularySize, 'logits', 'uniform', 'temperature');
  graph.op('Cast', [token], { to: DATA_TYPE.int32 }, 'picked');
  graph.output('picked', 'int32', ['rows', 1]);
  return openSession(encodeModel(graph), { provider: 'cpu', nThreads: 1, weightFolder: '.' });
}

for (const [where, picker] of Object.entries(PICKERS)) {
  const { arithmetic, border } = picker;
  for (const vocabularySize of [300, 5003, 8192]) {
    describe(`${where}, of ${vocabularySize} tokens`, () => {
      const rows = makeRows(vocabularySize, arithmetic);
      for (const [name, rule] of Object.entries(RULES)) {
        test(name, async () => {
          const session = await openPicker(picker, rule, vocabularySize);
          const together = await pick(session, rows, arithmetic);
          for (const [i, row] of rows.entries()) {
            const isHighest = row.uniform === HIGHEST[arithmetic];
            const allowed = isHighest ? kept(rule, row) : allowedPicks(rule, row, border);
            assert.ok(isHighest || allowed.size <= 3, `the case ${i} says little`);
            assert.ok(allowed.has(together[i]!), `row ${i}: ${together[i]} is none of ${allowed.size}`);
          }
          for (const others of picker.neighbours(rows)) {
            const picked = await pick(session, others, arithmetic);
            for (const [i, row] of others.entries()) {
              // The last bits of a 32-bit sum may depend on where in memory its row lies, and there they decide.
              if (arithmetic === 'float32' && row.uniform === HIGHEST.float32) continue;
              assert.equal(picked[i], together[rows.indexOf(row)], 'a row depends on its neighbours');
            }
          }
        });
      }
    });
  }
}

/** With the highest noise of all, rounded sums decide between the last candidates, but never for one that was cut off. */
const kept = (rule: PickRule, row: PickCase) => new Set(candidatesOf(rule, row).map(({ token }) => token));
