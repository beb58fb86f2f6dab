// The detector's parts in this process, on bytes in memory: the kernel's speed, and texts that repeat.

import { readFileSync } from 'node:fs';
import type { SampleInput } from '../../server/engine/detection.ts';
import { findFragments } from '../../server/engine/find-fragments.ts';
import { RunCollector } from '../../server/engine/run-collector.ts';
import { numberSamples } from '../../server/kernel/number-samples.ts';
import { ScanKernel } from '../../server/kernel/scan-kernel.ts';
import { shareSamples } from '../../server/kernel/share-index.ts';
import type { BenchCorpus } from './detector-corpus.ts';
import { median, rounded } from './detector-figures.ts';
import { readSamples, rule } from './detector-scan.ts';

type Emit = (figure: object) => void;
const CHUNK_BYTES = 1 << 20;

interface Scanned {
  readonly cpuS: number;
  readonly wallS: number;
  readonly partial: Uint8Array;
  readonly rows: readonly number[];
}

function scanOnce(kernel: ScanKernel, bytes: Uint8Array): Scanned {
  const collector = new RunCollector();
  const rows: number[] = [];
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  kernel.beginRows({
    onLine: (line, rawLine, start, end, first) => collector.addLine(line, rawLine, start, end, first),
    onRepeats: (nLines, stride) => collector.addRepeats(nLines, stride),
    onRow(status) {
      if (status !== 'ok') collector.dropRow();
      else if (collector.keepRow(kernel.row)) rows.push(kernel.row);
    },
  });
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    kernel.appendRows(bytes.subarray(at, at + CHUNK_BYTES));
  kernel.endRows();
  const { user, system } = process.cpuUsage(cpu);
  const wallS = (performance.now() - startedAt) / 1000;
  return { cpuS: (user + system) / 1e6, wallS, partial: collector.encode(), rows };
}

function scanOften(samples: readonly SampleInput[], bytes: Uint8Array, repeats: number) {
  const kernel = new ScanKernel(shareSamples(samples, rule).index);
  scanOnce(kernel, bytes.subarray(0, 64 << 20));
  const all = Array.from({ length: repeats }, () => scanOnce(kernel, bytes));
  const { partial, rows } = all[0]!;
  const cpuS = median(all.map((one) => one.cpuS));
  return {
    cpuS,
    wallS: median(all.map((one) => one.wallS)),
    partial,
    rows,
    nsPerByte: (cpuS * 1e9) / bytes.length,
  };
}

export async function measureKernel(emit: Emit, corpus: BenchCorpus, repeats: number): Promise<void> {
  const bytes = readFileSync(corpus.plain);
  const { cpuS, wallS } = scanOften(readSamples(corpus.samples.one), bytes, repeats);
  emit({
    figure: 'kernel, MB/s a core in memory',
    mbPerCpuS: rounded(bytes.length / 1e6 / cpuS, 0),
    mbPerWallS: rounded(bytes.length / 1e6 / wallS, 0),
    atLeast: 600,
    ratio: rounded(bytes.length / 1e6 / cpuS / 600),
    nBytes: bytes.length,
  });
}

/** Ordinary text against text that repeats: in the documents, and in the samples too. */
export async function measureRepetition(emit: Emit, corpus: BenchCorpus, repeats: number): Promise<void> {
  const samples = readSamples(corpus.samples.one);
  const ordinary = readFileSync(corpus.plain);
  const licence = readLicence();
  const same = 'x = 0  # the same line again\n';
  const sample = (text: string): SampleInput => ({
    sampleId: samples.length,
    text: new TextEncoder().encode(text),
    cut: false,
  });
  const base = scanOften(samples, ordinary, repeats);
  const row = (content: string, i: number) =>
    `${JSON.stringify({ repo_name: `r${i}`, path: 'p', content })}\n`;
  const identical = Buffer.from(row(same.repeat(40_000), 0).repeat(160));
  const headers = Buffer.from(
    Array.from({ length: 50_000 }, (_, i) => row(`${licence}import x${i}\nprint(${i})\n`, i)).join(''),
  );
  for (const [name, bytes, more] of [
    ['40,000 identical lines in 160 documents, not in the samples', identical, []],
    ['40,000 identical lines in 160 documents, 300 in a sample', identical, [sample(same.repeat(300))]],
    ['40,000 identical lines in 160 documents and in a sample', identical, [sample(same.repeat(40_000))]],
    ['50,000 documents with one licence header, not in the samples', headers, []],
    ['50,000 documents with one licence header, in a sample', headers, [sample(licence)]],
  ] as const) {
    const all = [...samples, ...more];
    const scanned = scanOften(all, bytes, repeats);
    const cpu = process.cpuUsage();
    const documents = scanned.rows.map((r) => ({
      row: r,
      repository: `r${r}`,
      path: 'p',
      license: '',
      byteOffset: 0,
    }));
    const result = { nRows: 0, contentBytes: 0, documents, partial: scanned.partial, problems: [] };
    let nFragments = 0;
    // 40,000 nested fragments have 40 million places: counting does not need them.
    const index = numberSamples(all, rule);
    for (const _ of findFragments({ samples: all, rule, results: [{ shard: 0, result }], index })) {
      if (++nFragments === 1000) break;
    }
    const { user, system } = process.cpuUsage(cpu);
    emit({
      figure: 'repetition, CPU a byte',
      text: name,
      ratio: rounded(scanned.nsPerByte / base.nsPerByte),
      atMost: 1,
      nsPerByte: rounded(scanned.nsPerByte),
      ordinaryNsPerByte: rounded(base.nsPerByte),
      analysisCpuS: rounded((user + system) / 1e6),
      nFragments,
      partialBytes: scanned.partial.length,
    });
  }
}

function readLicence(): string {
  const words =
    'permission is hereby granted free of charge to any person obtaining a copy of this software'.split(' ');
  return Array.from({ length: 20 }, (_, i) => `# ${i} ${words.slice(i % 5).join(' ')}\n`).join('');
}
