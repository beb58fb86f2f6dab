// Finds the highest of rows by groups, on the provider named. As a program of its own, which a software driver needs,
// it reads cases from its input and prints what was found.

import { text } from 'node:stream/consumers';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';
import { highestByGroups } from '../../../server/sampling/pick/highest-logits.ts';

export interface HighestCase {
  readonly k: number;
  readonly rows: readonly (readonly number[])[];
}

export interface HighestFound {
  readonly values: readonly number[];
  readonly places: readonly number[];
}

/** The runtime forgets what WebGPU compiled with its last session, so those of a program are kept until it ends. */
const kept: InferenceSession[] = [];

export async function findHighest(
  provider: 'cpu' | 'webgpu',
  { k, rows }: HighestCase,
): Promise<HighestFound> {
  const length = rows[0]!.length;
  const graph = new Graph('highest');
  graph.input('rows', 'float32', ['rows', length]);
  const { values, places } = highestByGroups(graph, length, k, 'rows');
  graph.op('Identity', [values], {}, 'values');
  graph.op('Identity', [places], {}, 'places');
  graph.output('values', 'float32', ['rows', k]);
  graph.output('places', 'float32', ['rows', k]);
  const session = await openSession(encodeModel(graph), { provider, nThreads: 1, weightFolder: '.' });
  const found = await session.run({
    rows: new Tensor('float32', Float32Array.from(rows.flat()), [rows.length, length]),
  });
  if (provider === 'webgpu') kept.push(session);
  else await session.release();
  return {
    values: [...(found.values!.data as Float32Array)],
    places: [...(found.places!.data as Float32Array)],
  };
}

if (import.meta.main) {
  const cases = JSON.parse(await text(process.stdin)) as readonly HighestCase[];
  const all: HighestFound[] = [];
  for (const asked of cases) all.push(await findHighest('webgpu', asked));
  console.log(JSON.stringify(all));
  // The driver's threads crash a process that is left to end by itself.
  process.exit(0);
}
