// The keys of many texts, each once.

import { setImmediate as turn } from 'node:timers/promises';
import type { SampleInput } from '../engine/detection.ts';
import { throwIfAborted } from '../errors.ts';
import type { CorpusIndex, TextWindow } from './corpus-index.ts';
import { distinctKeys } from './corpus-index.ts';

const TEXTS_A_TURN = 256;

export async function collectKeys(
  index: CorpusIndex,
  samples: readonly SampleInput[],
  signal: AbortSignal,
): Promise<readonly TextWindow[]> {
  let keys: readonly TextWindow[] = [];
  let windows: TextWindow[] = [];
  for (const [i, { text }] of samples.entries()) {
    for (const window of distinctKeys(index.windowsOf(text))) windows.push(window);
    if (i % TEXTS_A_TURN !== 0) continue;
    keys = distinctKeys([...keys, ...windows]);
    windows = [];
    await turn();
    throwIfAborted(signal);
  }
  // In their order in the index, so that it is read from its beginning to its end.
  return distinctKeys([...keys, ...windows]).toSorted((a, b) => a.high - b.high);
}
