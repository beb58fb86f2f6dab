// Sums cumulated part by part are those cumulated one after the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';
import { cumulateBefore } from '../../../server/sampling/pick/cumulate.ts';
import { uniformAt } from '../../../server/sampling/pick/philox.ts';

const N_ROWS = 2;

async function cumulate(rowLength: number, values: Float32Array): Promise<Float32Array> {
  const graph = new Graph('cumulate');
  graph.input('rows', 'float32', ['rows', rowLength]);
  graph.op('Identity', [cumulateBefore(graph, rowLength, 'rows')], {}, 'before');
  graph.output('before', 'float32', ['rows', rowLength]);
  const session = await openSession(encodeModel(graph), { provider: 'cpu', nThreads: 1, weightFolder: '.' });
  const { before } = await session.run({ rows: new Tensor('float32', values, [N_ROWS, rowLength]) });
  await session.release();
  return before!.data as Float32Array;
}

async function check(rowLength: number): Promise<void> {
  // Small whole numbers, which floats add up exactly in any order.
  const values = Float32Array.from({ length: N_ROWS * rowLength }, (_, i) =>
    Math.floor(9 * uniformAt(1, 0, i)),
  );
  let sum = 0;
  const expected = values.map((value, i) => {
    if (i % rowLength === 0) sum = 0;
    sum += value;
    return sum - value;
  });
  assert.deepEqual(await cumulate(rowLength, values), expected);
}

test('sums before each value are exact, however the row is divided', async () => {
  for (const rowLength of [1, 512, 513, 32_768, 50_257]) await check(rowLength);
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), check), { numRuns: 40 });
});
