// What of positions can be computed before the first step: a row for each of them.

import type { Rotation, Sinusoids } from '../decoder/decoder-spec.ts';

/** Cosines and sines, [position, pair, 2]. */
export function turnsTable({ frequencies, factor }: Rotation, nPositions: number): Float32Array {
  const table = new Float32Array(nPositions * frequencies.length * 2);
  for (let position = 0, at = 0; position < nPositions; position++) {
    for (const frequency of frequencies) {
      table[at++] = factor * Math.cos(position * frequency);
      table[at++] = factor * Math.sin(position * frequency);
    }
  }
  return table;
}

/** All sines before all cosines, [position, width]. */
export function sinusoidsTable(sinusoids: Sinusoids, nPositions: number): Float16Array {
  const rows = Array.from({ length: nPositions }, (_, position) => sinusoidsAt(sinusoids, position));
  return Float16Array.from(rows.flat());
}

export function sinusoidsAt({ first, frequencies }: Sinusoids, position: number): readonly number[] {
  const angles = frequencies.map((frequency) => Math.fround((first + position) * frequency));
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}
