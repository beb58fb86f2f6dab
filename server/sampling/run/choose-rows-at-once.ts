// Whether a model's rows may run together: those of weights do, by how their graphs are built, and a graph that was made
// elsewhere is tried, in a thread like everything that runs a model.

import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import type { ExportedDecoder } from '../exported/exported-decoder.ts';
import type { ExportedSource } from '../exported/generate-exported.ts';
import type { RowsAtOnce } from '../forms/graph-form.ts';
import type { Checkpoint, ExportedModel } from '../model/checkpoint.ts';
import { runBatches } from './worker-pool.ts';

/** What was found once holds for as long as the model is open. */
const found = new WeakMap<ExportedDecoder, RowsAtOnce>();

export async function chooseRowsAtOnce(
  checkpoint: Checkpoint | ExportedModel,
  signal: AbortSignal,
): Promise<RowsAtOnce> {
  if (checkpoint.kind === 'weights') return 'together';
  const { decoder, config } = checkpoint;
  const rows = found.get(decoder) ?? (await probe({ decoder, config }, signal));
  found.set(decoder, rows);
  return rows;
}

async function probe(model: ExportedSource, signal: AbortSignal): Promise<RowsAtOnce> {
  const weightFolder = dirname(model.decoder.path);
  const session = { provider: 'cpu', nThreads: availableParallelism(), weightFolder } as const;
  const start = { session, task: { kind: 'probe', model } } as const;
  const request = [[{ kind: 'rows' } as const]].values();
  for await (const [answer] of runBatches<'probe'>(start, 1, request, signal, refuseProbe))
    if (answer !== undefined) return answer;
  throw new EnvironmentError('The exported model could not be tried.');
}

function refuseProbe(): never {
  throw new EnvironmentError('There is too little memory to try the exported model.', {
    action: 'Close other programs, or choose a smaller model.',
  });
}

/** What is told where rows run alone. */
export const aloneNote = ({ path }: ExportedDecoder): string =>
  `In ${path} the rows of a batch influence each other, so each runs by itself.`;
