// How many rows a device makes at once: as many as are fastest, within its memory.

import type { Execution } from '../../../protocol/study.ts';
import { chooseCudaRows } from '../cuda/choose-rows.ts';
import { keyWidth } from '../decoder/decoder-spec.ts';
import type { DeviceForm } from '../forms/device/device-form.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { FoundDevice } from '../providers/device-system.ts';

/** The most rows for each kind of form: beyond these, more were no faster on an H200. */
const MAX_ROWS = { 'in-place': 1024, 'handed-on': 256 } as const;
/** The share of free memory that caches and logits may take. */
const MEMORY_SHARE = 0.7;
/** The largest buffer that any WebGPU device binds: the keys of one layer have to fit into it. */
const MAX_BUFFER_BYTES = 2 ** 31 - 4;

interface RowsQuestion {
  readonly execution: Execution;
  readonly checkpoint: Pick<Checkpoint, 'config' | 'weights' | 'weightBytes'>;
  readonly nSamples: number;
  readonly nPositions: number;
}

interface ChosenRows {
  readonly nRows: number;
  /** Whether memory is left for another process on the device: the runtime takes memory in powers of two. */
  readonly leavesRoom: boolean;
}

/** A power of two: as many rows as memory holds and there are samples for, since more are faster. */
export function chooseRows(
  { execution, checkpoint, nSamples, nPositions }: RowsQuestion,
  devices: readonly Pick<FoundDevice, 'freeBytes'>[],
  form: DeviceForm,
): ChosenRows {
  const { config, weights, weightBytes } = checkpoint;
  if (form.kind === 'cuda') {
    const free = Math.min(...devices.map(({ freeBytes }) => freeBytes));
    const perDevice = Math.ceil(nSamples / devices.length);
    // The last position of a sample is never fed.
    const fitting = chooseCudaRows(config, weights, nPositions - 1, perDevice, free);
    return { nRows: execution.batch === 'auto' ? fitting : execution.batch, leavesRoom: false };
  }
  const { nLayers, vocabularySize } = config;
  // Positions in whole pages; the last position of a sample is never fed.
  const positions = Math.ceil((nPositions - 1) / 256) * 256;
  const bytesPerLayer = keyWidth(config.attention) * positions * (form.precision === 'float16' ? 2 : 4);
  // A cache that is written in place is there once, one that is handed on twice. The logits of some steps come on top.
  const kind = form.steps.cache;
  const nCaches = kind === 'handed-on' ? 2 : 1;
  const bytesPerRow = nCaches * 2 * nLayers * bytesPerLayer + 16 * 4 * vocabularySize;
  const free = Math.min(...devices.map(({ freeBytes }) => freeBytes)) * MEMORY_SHARE;
  const fitting = (free - 2 * weightBytes) / bytesPerRow;
  const bound = MAX_BUFFER_BYTES / bytesPerLayer;
  const power = (value: number, round: (x: number) => number) => 2 ** Math.max(0, round(Math.log2(value)));
  const wanted = power(Math.max(1, nSamples / devices.length), Math.ceil);
  const possible = power(Math.max(1, Math.min(fitting, bound)), Math.floor);
  const chosen = Math.min(MAX_ROWS[kind], wanted, possible);
  const nRows = execution.batch === 'auto' ? chosen : execution.batch;
  return { nRows, leavesRoom: 2 * nRows <= fitting };
}
