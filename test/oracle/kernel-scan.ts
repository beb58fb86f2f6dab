// Runs the kernel in this thread on texts or rows that arrive in given pieces.

import type { MatchRule } from '../../protocol/study.ts';
import type { SampleInput } from '../../server/engine/detection.ts';
import { RunCollector } from '../../server/engine/run-collector.ts';
import { buildKernel } from '../../server/kernel/build-wasm.mjs';
import type { HashOptions } from '../../server/kernel/number-samples.ts';
import { ScanKernel } from '../../server/kernel/scan-kernel.ts';
import { shareSamples } from '../../server/kernel/share-index.ts';

await buildKernel();

export const FULL_HASH = { seed: 1n, mask: 2n ** 64n - 1n };

export function kernelFor(samples: readonly SampleInput[], rule: MatchRule, hash: HashOptions): ScanKernel {
  return new ScanKernel(shareSamples(samples, rule, hash).index);
}

/** The partial result of texts, each in pieces; row numbers as given. */
export function scanTexts(
  kernel: ScanKernel,
  texts: Iterable<{ readonly row: number; readonly pieces: Iterable<Uint8Array> }>,
): { partial: Uint8Array; contentBytes: number; rows: number[] } {
  const collector = new RunCollector();
  const rows: number[] = [];
  let contentBytes = 0;
  for (const { row, pieces } of texts) {
    kernel.beginText({
      onLine: collector.addLine.bind(collector),
      onRepeats: collector.addRepeats.bind(collector),
      onRow: () => {},
    });
    for (const piece of pieces) kernel.appendText(piece);
    contentBytes += kernel.endText();
    if (collector.keepRow(row)) rows.push(row);
  }
  return { partial: collector.encode(), contentBytes, rows };
}

/** Cuts bytes at the given places, taken modulo the length. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ordered = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ordered, bytes.length].map((end, i) => bytes.subarray(ordered[i - 1] ?? 0, end));
}
