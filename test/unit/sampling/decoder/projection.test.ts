// A matrix that a product reads as it lies gives the bits that it gives turned: samples made before must come again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../../../../server/sampling/decoder/decoder-model.ts';
import { project, projectQkv } from '../../../../server/sampling/decoder/projection.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { encodeModel, Graph } from '../../../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../../../server/sampling/onnx/session.ts';
import { writeRandomCheckpoint } from '../../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const CONFIG = { model_type: 'llama', hidden_size: 144, intermediate_size: 400, num_attention_heads: 9 };
const SHAPE = { ...CONFIG, num_key_value_heads: 3, head_dim: 16, num_hidden_layers: 1 };

/** Layer 0's products of some rows: queries, keys and values, and what goes up. */
async function multiply(model: DecoderModel, nRows: number) {
  const { width, mlp } = model.config;
  const graph = new Graph('products');
  graph.input('rows', 'float32', ['rows', width]);
  const qkv = projectQkv(graph, model, 'rows', 0);
  const up = project(graph, model, 'rows', model.weights.layers[0]!.up);
  graph.op('Identity', [qkv], {}, 'qkv');
  graph.op('Identity', [up], {}, 'up');
  graph.output('qkv', 'float32', ['rows', null]);
  graph.output('up', 'float32', ['rows', mlp.innerWidth]);
  const bytes = encodeModel(graph);
  const { weightFolder } = model;
  const session = await openSession(bytes, { provider: 'cpu', nThreads: 2, weightFolder });
  const values = Float32Array.from({ length: nRows * width }, (_, i) => Math.sin(1 + i * i));
  const given = await session.run({ rows: new Tensor('float32', values, [nRows, width]) });
  await session.release();
  return {
    given: [given.qkv!.data, given.up!.data],
    isTurnedByNodes: Buffer.from(bytes).includes('Transpose'),
  };
}

for (const dtype of ['F32', 'F16', 'BF16'] as const) {
  for (const attention_bias of [false, true]) {
    test(`the same products, ${dtype}, ${attention_bias ? 'with' : 'without'} a bias`, async () => {
      const config = { ...SHAPE, attention_bias };
      const model = await openCheckpoint(writeRandomCheckpoint(scratchFolder(), { config, dtype }));
      for (const nRows of [1, 2, 13, 64]) {
        const byNodes = await multiply(model, nRows);
        const byProducts = await multiply({ ...model, turnedBy: 'products' }, nRows);
        assert.deepEqual(byProducts.given, byNodes.given, `${nRows} rows`);
        assert.ok(byNodes.isTurnedByNodes);
        assert.equal(byProducts.isTurnedByNodes, attention_bias);
      }
    });
  }
}
