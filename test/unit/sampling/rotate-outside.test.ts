// Attention of narrow heads that rotates by itself, which the runtime refuses: given the rotation as nodes of its own, it computes what
// plain arithmetic does, in one piece and with a past.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import { rotateOutside } from '../../../server/sampling/exported/rotate-outside.ts';
import { type Attributes, encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const N_HEADS = 4;
const N_KEY_HEADS = 2;
const N_POSITIONS = 16;

interface Shape {
  readonly width: number;
  /** How much of a head is rotated. */
  readonly rotated: number;
  readonly interleaved: 0 | 1;
  readonly isPacked: boolean;
}

const angle = ({ rotated }: Shape, position: number, pair: number) =>
  position / 10_000 ** ((2 * pair) / rotated);

function writeGraph(shape: Shape): string {
  const { width, rotated, interleaved, isPacked } = shape;
  const graph = new Graph('narrow');
  const wide = (nHeads: number) => ['rows', 'tokens', nHeads * width];
  const inputs = isPacked
    ? [graph.input('packed', 'float32', wide(N_HEADS + 2 * N_KEY_HEADS)), '', '']
    : [
        graph.input('query', 'float32', wide(N_HEADS)),
        graph.input('key', 'float32', wide(N_KEY_HEADS)),
        graph.input('value', 'float32', wide(N_KEY_HEADS)),
      ];
  const past = ['key', 'value'].map((what) =>
    graph.input(`past_key_values.0.${what}`, 'float32', ['rows', N_KEY_HEADS, 'past', width]),
  );
  const table = (name: string, of: (x: number) => number) => {
    const values = Array.from({ length: (N_POSITIONS * rotated) / 2 }, (_, i) =>
      of(angle(shape, Math.floor((2 * i) / rotated), i % (rotated / 2))),
    );
    return graph.weight(
      name,
      'float32',
      [N_POSITIONS, rotated / 2],
      new Uint8Array(Float32Array.from(values).buffer),
    );
  };
  const lengths = graph.input('lengths', 'int32', ['rows']);
  const total = graph.input('total', 'int32', []);
  const tables = [table('cosines', Math.cos), table('sines', Math.sin)];
  const attributes: Attributes = {
    num_heads: N_HEADS,
    kv_num_heads: N_KEY_HEADS,
    do_rotary: 1,
    rotary_interleaved: interleaved,
  };
  const present = ['present.0.key', 'present.0.value'];
  graph.node(
    'com.microsoft',
    'GroupQueryAttention',
    [...inputs, ...past, lengths, total, ...tables],
    ['mixed', ...present],
    attributes,
  );
  graph.output('mixed', 'float32', wide(N_HEADS));
  for (const name of present) graph.output(name, 'float32', ['rows', N_KEY_HEADS, 'all', width]);
  const path = join(folder, `${JSON.stringify(shape).replace(/\W/g, '')}.onnx`);
  writeFileSync(path, encodeModel(graph));
  return path;
}

const N_ROWS = 2;
const number = (row: number, token: number, at: number) => Math.sin(31 * row + 7 * token + 1.7 * at);

/** What every head of a token reads, by the definition. */
function attend(shape: Shape, row: number, token: number): readonly number[] {
  const { width, rotated, interleaved } = shape;
  const turned = (position: number, firstHead: number, head: number) => {
    const plain = Array.from({ length: width }, (_, i) =>
      number(row, position, (firstHead + head) * width + i),
    );
    return plain.map((x, i) => {
      if (i >= rotated) return x;
      const pair = interleaved ? Math.floor(i / 2) : i % (rotated / 2);
      const isSecond = interleaved ? i % 2 === 1 : i >= rotated / 2;
      const other = interleaved ? i ^ 1 : (i + rotated / 2) % rotated;
      const turn = angle(shape, position, pair);
      return x * Math.cos(turn) + (isSecond ? 1 : -1) * plain[other]! * Math.sin(turn);
    });
  };
  return Array.from({ length: N_HEADS }, (_, head) => {
    const keyHead = Math.floor((head * N_KEY_HEADS) / N_HEADS);
    const query = turned(token, 0, head);
    const scores = Array.from({ length: token + 1 }, (_, at) => {
      const key = turned(at, N_HEADS, keyHead);
      return Math.exp(query.reduce((sum, x, i) => sum + x * key[i]!, 0) / Math.sqrt(width));
    });
    const sum = scores.reduce((a, b) => a + b, 0);
    return Array.from({ length: width }, (_, i) =>
      scores.reduce(
        (mixed, score, at) =>
          mixed + (score / sum) * number(row, at, (N_HEADS + N_KEY_HEADS + keyHead) * width + i),
        0,
      ),
    );
  }).flat();
}

for (const shape of [
  { width: 8, rotated: 8, interleaved: 0, isPacked: true },
  { width: 8, rotated: 4, interleaved: 0, isPacked: false },
  { width: 24, rotated: 24, interleaved: 1, isPacked: false },
] as const satisfies readonly Shape[]) {
  test(`heads of ${shape.width}, of which ${shape.rotated} turn${shape.isPacked ? ', packed' : ''}`, async () => {
    const { width, isPacked } = shape;
    const path = writeGraph(shape);
    const past = [
      {
        input: 'past_key_values.0.key',
        output: 'present.0.key',
        type: 'float32',
        shape: ['rows', N_KEY_HEADS, 'positions', width],
      },
    ] as const;
    const graph = rotateOutside({ path, past });
    assert(graph !== null);
    const session = await openSession(graph, { provider: 'cpu', nThreads: 1, weightFolder: folder });
    const slice = (first: number, n: number, firstHead: number, nHeads: number) => {
      const values = Array.from({ length: N_ROWS * n * nHeads * width }, (_, i) => {
        const token = Math.floor(i / (nHeads * width));
        return number(Math.floor(token / n), first + (token % n), firstHead * width + (i % (nHeads * width)));
      });
      return new Tensor('float32', Float32Array.from(values), [N_ROWS, n, nHeads * width]);
    };
    let cache = ['key', 'value'].map(
      () => new Tensor('float32', new Float32Array(), [N_ROWS, N_KEY_HEADS, 0, width]),
    );
    for (const [first, n] of [
      [0, 3],
      [3, 1],
      [4, 1],
    ] as const) {
      const feeds = isPacked
        ? { packed: slice(first, n, 0, N_HEADS + 2 * N_KEY_HEADS) }
        : {
            query: slice(first, n, 0, N_HEADS),
            key: slice(first, n, N_HEADS, N_KEY_HEADS),
            value: slice(first, n, N_HEADS + N_KEY_HEADS, N_KEY_HEADS),
          };
      const found = await session.run({
        ...feeds,
        'past_key_values.0.key': cache[0]!,
        'past_key_values.0.value': cache[1]!,
        lengths: new Tensor('int32', new Int32Array(N_ROWS).fill(first + n - 1), [N_ROWS]),
        total: new Tensor('int32', Int32Array.of(first + n), []),
      });
      cache = [found['present.0.key']!, found['present.0.value']!] as Tensor[] as typeof cache;
      const expected = Array.from({ length: N_ROWS * n }, (_, i) =>
        attend(shape, Math.floor(i / n), first + (i % n)),
      ).flat();
      const mixed = found.mixed!.data as Float32Array;
      assert.equal(mixed.length, expected.length);
      for (const [i, x] of expected.entries())
        assert(Math.abs(mixed[i]! - x) < 1e-5, `from ${first}, ${i}: ${mixed[i]} and not ${x}`);
    }
    await session.release();
  });
}

test('what the runtime can rotate by itself is left as it is', () => {
  const shape = { width: 16, rotated: 16, interleaved: 0, isPacked: true } as const;
  const path = writeGraph(shape);
  const past = [
    {
      input: 'past_key_values.0.key',
      output: 'present.0.key',
      type: 'float32',
      shape: ['rows', 2, 'positions', 16],
    },
  ] as const;
  assert.equal(rotateOutside({ path, past }), null);
});
