// Guesses how much memory a graphics device has to spare, since WebGPU says nothing of it: from the driver's own
// tool, from the kernel, or a guess that ordinary cards can keep.

import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { findProgram } from '../../../guard/paths/find-program.ts';

const GUESS_BYTES = 4 * 2 ** 30;

export function guessFreeBytes(): number {
  // A Mac's processor and graphics share one memory.
  if (process.platform === 'darwin') return totalmem() / 2;
  const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync(findProgram('nvidia-smi'), query, { encoding: 'utf8', timeout: 10_000 });
  const mebibytes = Number.parseInt(stdout ?? '', 10);
  if (mebibytes > 0) return mebibytes * 2 ** 20;
  for (const path of globSync('/sys/class/drm/card*/device/mem_info_vram_total')) {
    const bytes = Number(readFileSync(path, 'utf8'));
    if (bytes > GUESS_BYTES) return bytes / 2;
  }
  return GUESS_BYTES;
}
