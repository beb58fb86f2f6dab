// One scan as a program of its own, so that its memory and its processor time can be measured from outside:
// node detector-scan.ts SAMPLES WORKERS SHARD… [--fragments]. Prints one JSON line.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { listShards } from '../../server/corpus/shard.ts';
import type { SampleInput, ShardResult } from '../../server/engine/detection.ts';
import { findFragments, type ScannedShard } from '../../server/engine/find-fragments.ts';
import { numberSamples } from '../../server/kernel/number-samples.ts';
import { scanCorpus } from '../../server/kernel/scan-corpus.ts';

export const rule = { minLines: 6, profile: 'exact-1' } as const;

/** Texts with their length before each, 4 bytes, little-endian. */
export function readSamples(path: string): SampleInput[] {
  const bytes = readFileSync(path);
  const samples: SampleInput[] = [];
  for (let at = 0; at < bytes.length; ) {
    const nBytes = bytes.readUInt32LE(at);
    const text = bytes.subarray(at + 4, at + 4 + nBytes);
    samples.push({ sampleId: samples.length, text, cut: true });
    at += 4 + nBytes;
  }
  return samples;
}

/** Not ru_maxrss, which a program inherits from whoever started it. */
function peakMb(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}

/** Keeps a result like a study does: written at once, and read whenever the analysis asks. */
function written({ partial, documents }: ShardResult, folder: string, shard: number): ScannedShard['result'] {
  const path = join(folder, `${shard}`);
  writeFileSync(path, partial);
  writeFileSync(`${path}.documents`, serialize(documents));
  return {
    get partial() {
      return readFileSync(path);
    },
    get documents() {
      return deserialize(readFileSync(`${path}.documents`));
    },
  };
}

async function main(): Promise<void> {
  const withFragments = process.argv.at(-1) === '--fragments';
  const [samplesPath, workers, ...paths] = process.argv.slice(2, withFragments ? -1 : undefined);
  const startedAt = performance.now();
  const samples = readSamples(samplesPath!);
  const shards = listShards(paths);
  const totals = { contentMb: 0, nRows: 0, nMatchedRows: 0, partialMb: 0, nProblems: 0 };
  const results: ScannedShard[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-bench-'));
  const scanning = scanCorpus({
    samples,
    rule,
    shards,
    workers: Number(workers),
    signal: new AbortController().signal,
    report: () => {},
    totalBytes: 0,
    resumedBytes: 0,
  });
  for await (const outcome of scanning) {
    const { shard } = outcome;
    if (outcome.kind === 'failed') throw new Error(`${shard.path}: ${outcome.failure.error.message}`);
    const { result } = outcome;
    totals.contentMb += result.contentBytes / 1e6;
    totals.nRows += result.nRows;
    totals.nMatchedRows += result.documents.length;
    totals.partialMb += result.partial.length / 1e6;
    totals.nProblems += result.problems.length;
    if (withFragments) results.push({ shard: shard.index, result: written(result, folder, shard.index) });
  }
  const scanMs = performance.now() - startedAt;
  const cpu = process.cpuUsage();
  const maxRssMb = peakMb();
  let nFragments = 0;
  if (withFragments) {
    const index = numberSamples(samples, rule);
    for (const _ of findFragments({ samples, rule, results, index })) nFragments++;
  }
  const after = process.cpuUsage(cpu);
  rmSync(folder, { recursive: true });
  console.log(
    JSON.stringify({
      cpuS: (cpu.user + cpu.system) / 1e6,
      wallS: scanMs / 1000,
      maxRssMb,
      ...totals,
      ...(withFragments && {
        nFragments,
        fragmentsCpuS: (after.user + after.system) / 1e6,
        fragmentsRssMb: peakMb(),
      }),
    }),
  );
}

if (import.meta.filename === process.argv[1]) await main();
