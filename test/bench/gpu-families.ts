// Whether a card computes what the plain arithmetic does, for a small decoder of every architecture: the proof that each
// device process makes when it starts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../../server/sampling/checkpoint.ts';
import { chooseDeviceForm } from '../../server/sampling/forms/device/device-form.ts';
import { findSystem } from '../../server/sampling/run/choose-devices.ts';
import { proveDevice } from '../../server/sampling/run/device-pool.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { TINY_CONFIGS } from '../support/sampling/tiny-configs.ts';

const N_ROWS = 8;

export async function proveFamilies(emit: (figure: object) => void): Promise<void> {
  const found = findSystem('cuda');
  if (found.kind === 'missing') return emit({ what: 'families', skipped: found.reason });
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-families-'));
  const unfit: string[] = [];
  const errors: Record<string, number> = {};
  try {
    for (const [type, config] of Object.entries(TINY_CONFIGS)) {
      const {
        config: spec,
        weights,
        weightFolder,
      } = await openCheckpoint(writeRandomCheckpoint(join(folder, type), { config, dtype: 'F16' }));
      try {
        const form = chooseDeviceForm('cuda', spec);
        const nPositions = Math.min(spec.nPositions ?? 64, 64);
        const start = {
          model: { config: spec, weights, weightFolder },
          rule: { topK: 40, topP: 1, greedy: false },
          settings: { seed: 0, maxTokens: nPositions - 1, schedule: { kind: 'constant', temperature: 1 } },
          form: { ...form, size: { nRows: N_ROWS, nPositions } },
          system: found.system,
          deviceId: 0,
        } as const;
        const proved = await proveDevice(start, 'right', new AbortController().signal);
        if (proved.kind === 'unfit') unfit.push(`${type}: ${proved.reason}`);
        else errors[type] = proved.proof.error;
      } catch (cause) {
        unfit.push(`${type}: ${cause instanceof Error ? cause.message : cause}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const nProved = Object.keys(errors).length;
  emit({ what: 'families', proved: nProved, of: Object.keys(TINY_CONFIGS).length, errors, unfit });
}
