// Whether a card computes what the plain arithmetic does, for a small decoder of every architecture: the proof that each
// device process makes when it starts, of steps and of whole texts; and how far what it reads is from the CPU's numbers.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseDeviceForm } from '../../server/sampling/forms/device/device-form.ts';
import { mapBatch, openMapper } from '../../server/sampling/forms/map/map-batch.ts';
import type { MapRow, MapRowResult } from '../../server/sampling/forms/map/rows.ts';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import type { ReadingStart, SamplingStart } from '../../server/sampling/run/device-messages.ts';
import { proveDevice, runOnDevices, startDevice } from '../../server/sampling/run/device-pool.ts';
import { findSystem } from '../../server/sampling/run/find-system.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { TINY_CONFIGS } from '../support/sampling/tiny-configs.ts';

/** A mixture of experts has no form for cards. */
const FAMILIES = Object.entries(TINY_CONFIGS).filter(([, config]) => !('num_experts' in config));
const N_ROWS = 8;
const DRAWING = { temperature: 0.8, topK: 40 };

export async function proveFamilies(emit: (figure: object) => void): Promise<void> {
  const found = findSystem('cuda');
  if (found.kind === 'missing') return emit({ what: 'families', skipped: found.reason });
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-families-'));
  const unfit: string[] = [];
  const errors: Record<string, number> = {};
  const nats: Record<string, number> = {};
  const { signal } = new AbortController();
  try {
    for (const [type, config] of FAMILIES) {
      const checkpoint = await openCheckpoint(
        writeRandomCheckpoint(join(folder, type), { config, dtype: 'F16' }),
      );
      const { config: spec, weights, weightFolder } = checkpoint;
      const onCard = { model: { config: spec, weights, weightFolder }, system: found.system, deviceId: 0 };
      try {
        const form = chooseDeviceForm('cuda', spec);
        const nPositions = Math.min(spec.nPositions ?? 64, 64);
        const start: SamplingStart = {
          ...{ kind: 'sample', ...onCard },
          rule: { topK: 40, topP: 1, greedy: false },
          settings: { seed: 0, maxTokens: nPositions - 1, schedule: { kind: 'constant', temperature: 1 } },
          form: { ...form, size: { nRows: N_ROWS, nPositions } },
        };
        const [proved, read] = await Promise.all([
          proveDevice(start, 'right', signal),
          compareReading(checkpoint, { kind: 'read', ...onCard, rule: DRAWING, form: STREAM }),
        ]);
        if (proved.kind === 'unfit') unfit.push(`${type}: ${proved.reason}`);
        else errors[type] = proved.proof.error;
        if (typeof read === 'string') unfit.push(`${type}, reading: ${read}`);
        else nats[type] = read;
      } catch (cause) {
        unfit.push(`${type}: ${cause instanceof Error ? cause.message : cause}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const of = FAMILIES.length;
  emit({ what: 'families', proved: Object.keys(errors).length, of, errors, unfit });
  emit({ what: 'families, reading', proved: Object.keys(nats).length, of, mostNatsFromCpu: nats });
}

const STREAM = { kind: 'cuda', nPositions: 512, longest: 90 } as const;
/** Tokens of the rows that are read, of which the first are context. */
const SHAPES = [
  [91, 1],
  [91, 45],
  [3, 2],
  [66, 10],
  [20, 10],
] as const;

/** The largest difference of a log-probability from the CPU's, in nats; or why the card reads nothing. */
async function compareReading(checkpoint: Checkpoint, start: ReadingStart): Promise<number | string> {
  const { signal } = new AbortController();
  const started = await startDevice(start, signal);
  if (started.kind === 'unfit') return started.reason;
  const { vocabularySize } = checkpoint.config;
  const rows: readonly MapRow[] = SHAPES.map(([length, nKnown], document) => ({
    ...{ document, start: nKnown, nKnown },
    tokens: Int32Array.from({ length }, (_, i) => ((document * 31 + i) * 7919) % vocabularySize),
  }));
  const actual: MapRowResult[] = [];
  for await (const some of runOnDevices<'read'>([started.device], [rows].values(), signal, undefined, 'read'))
    actual.push(...some);
  const session = { provider: 'cpu', nThreads: 4, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, DRAWING, session);
  let most = 0;
  for (const [at, row] of rows.entries()) {
    const [expected] = await mapBatch(measure, DRAWING, [row]);
    for (const [i, value] of expected!.plain.entries()) {
      most = Math.max(most, Math.abs(value - actual[at]!.plain[i]!));
      const drawn = actual[at]!.drawn[i]!;
      // At the edge of the cut rounding decides.
      if (Number.isFinite(drawn) && Number.isFinite(expected!.drawn[i]!))
        most = Math.max(most, Math.abs(drawn - expected!.drawn[i]!));
    }
  }
  return most;
}
