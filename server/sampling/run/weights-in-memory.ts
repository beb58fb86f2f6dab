// Whether a model's weights go into the memory that there is. Asked before anything is computed: the system would end a
// process that takes more, or move it to the disk and back at every token.

import { totalmem } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import { countNumbers, type DecoderWeights } from '../decoder/decoder-weights.ts';

/** Memory of the machine in bytes, or as much of it as this process may use. */
export function memoryHere(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Throws an EnvironmentError that says both figures, where the processor would need more than `here` bytes. */
export function refuseBeyondMemory(weights: DecoderWeights, int8: boolean, here = memoryHere()): void {
  const nNumbers = countNumbers(weights);
  const needed = int8 ? nNumbers : 4 * nNumbers;
  if (needed <= here) return;
  const bits = int8 ? 'in 8 bits' : 'in 32 bits, in which the processor computes';
  throw new EnvironmentError(
    `The model's weights take ${gigabytes(needed)} ${bits}, and there are ${gigabytes(here)} of memory here.`,
    {
      action:
        int8 || nNumbers > here
          ? 'Choose a smaller model, or a machine or a card with enough memory (verbatim doctor --model says what one takes).'
          : `Sample it with --int8 (${gigabytes(nNumbers)}), or on a card with enough memory.`,
    },
  );
}

const gigabytes = (n: number): string => `${(n / 1e9).toFixed(1)} GB`;
