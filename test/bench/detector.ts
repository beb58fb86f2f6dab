// `npm run bench -- detector`: what the scan costs, against references of the same run. Medians; processor
// time of all threads, as `time` counts it. The scan runs bundled, as it ships.

import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildKernel } from '../../server/kernel/build-wasm.mjs';
import { type BenchCorpus, cacheFolder, makeCorpus } from './detector-corpus.ts';
import { measureJscpd } from './detector-jscpd.ts';
import { measureKernel, measureRepetition } from './detector-kernel.ts';

type Emit = (figure: object) => void;

export async function run(emit: Emit): Promise<void> {
  await buildKernel();
  const corpus = await makeCorpus();
  const scan = await bundleScan();
  const repeats = Number(process.env.VERBATIM_BENCH_REPEATS ?? 5);
  measureAgainstGzip(emit, scan, corpus, repeats);
  await measureKernel(emit, corpus, repeats);
  measureWorkers(emit, scan, corpus, repeats);
  measureMemory(emit, scan, corpus);
  await measureRepetition(emit, corpus, repeats);
  measureGrowth(emit, scan, corpus);
  await measureJscpd(emit, scan, corpus);
}

/** What detector-scan.ts prints. */
export interface ScanFigures {
  readonly cpuS: number;
  readonly wallS: number;
  readonly maxRssMb: number;
  readonly fragmentsCpuS: number;
  readonly fragmentsRssMb: number;
  readonly nFragments: number;
}

export type Scan = (
  samples: string,
  workers: number,
  shards: readonly string[],
  ...more: string[]
) => ScanFigures;

async function bundleScan(): Promise<Scan> {
  const root = join(import.meta.dirname, '../..');
  const outdir = join(cacheFolder, 'program');
  await build({
    entryPoints: {
      'detector-scan': join(import.meta.dirname, 'detector-scan.ts'),
      'scan-worker': join(root, 'server/kernel/scan-worker.ts'),
    },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    outdir,
    banner: {
      js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
  copyFileSync(join(root, 'dist/scan-kernel.wasm'), join(outdir, 'scan-kernel.wasm'));
  return (samples, workers, shards, ...more) => {
    const program = join(outdir, 'detector-scan.js');
    const args = [program, samples, `${workers}`, ...shards, ...more];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

export const rounded = (value: number, digits = 3) => Number(value.toFixed(digits));

/** The processor and wall seconds of a shell command. */
export function timeShell(command: string): { cpuS: number; wallS: number } {
  const script = `TIMEFORMAT='%U %S %R'; time (${command}) > /dev/null`;
  const said = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`], { encoding: 'utf8' });
  const [user, system, wall] = said.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { cpuS: user! + system!, wallS: wall! };
}

function measureAgainstGzip(emit: Emit, scan: Scan, { shards, samples }: BenchCorpus, repeats: number): void {
  for (const [list, atMost] of [
    [shards.slice(0, 1), 0.8],
    [shards, 0.6],
  ] as const) {
    const ours: ScanFigures[] = [];
    const theirs: { cpuS: number; wallS: number }[] = [];
    // By turns, so that a busy machine is as busy for both.
    for (let i = 0; i < repeats; i++) {
      theirs.push(timeShell(`cat ${list.map((path) => `'${path}'`).join(' ')} | gzip -dc | wc -l`));
      ours.push(scan(samples.one, 1, list));
    }
    const cpuS = median(ours.map((figures) => figures.cpuS));
    const gzipCpuS = median(theirs.map((figures) => figures.cpuS));
    emit({
      figure: 'scan / gzip -dc | wc -l, CPU',
      nShards: list.length,
      ratio: rounded(cpuS / gzipCpuS),
      atMost,
      cpuS: rounded(cpuS),
      gzipCpuS: rounded(gzipCpuS),
      wallS: rounded(median(ours.map((figures) => figures.wallS))),
      gzipWallS: rounded(median(theirs.map((figures) => figures.wallS))),
    });
  }
}

function measureWorkers(emit: Emit, scan: Scan, { shards, samples }: BenchCorpus, repeats: number): void {
  const wallS = (workers: number) => scan(samples.one, workers, shards).wallS;
  const pairs = Array.from({ length: repeats }, () => ({ one: wallS(1), two: wallS(2) }));
  const one = median(pairs.map((pair) => pair.one));
  const two = median(pairs.map((pair) => pair.two));
  emit({
    figure: 'two workers / one, wall',
    speedup: rounded(one / two),
    atLeast: 1.8,
    oneWallS: rounded(one),
    twoWallS: rounded(two),
  });
}

function measureMemory(emit: Emit, scan: Scan, { shards, samples }: BenchCorpus): void {
  const sampleMb = 35.08;
  const eight = [...shards, ...shards];
  for (const [workers, list] of [
    [1, shards.slice(0, 1)],
    [1, eight],
    [2, eight],
  ] as const) {
    const { maxRssMb } = scan(samples.one, workers, list);
    const { fragmentsRssMb } = scan(samples.one, workers, list, '--fragments');
    const atMostMb = 6 * sampleMb + 64 * workers;
    emit({
      figure: 'peak memory',
      workers,
      nShards: list.length,
      scanMb: rounded(maxRssMb, 0),
      withFragmentsMb: rounded(fragmentsRssMb, 0),
      atMostMb: rounded(atMostMb, 0),
    });
  }
}

function measureGrowth(emit: Emit, scan: Scan, { shards, samples }: BenchCorpus): void {
  const eight = [...shards, ...shards];
  for (const nShards of [1, 2, 4, 8]) growth(nShards, 1, samples.one);
  growth(1, 0.1, samples.tenth);
  growth(1, 10, samples.ten);

  function growth(nShards: number, factor: number, path: string): void {
    const { cpuS, wallS, maxRssMb, nFragments, fragmentsCpuS } = scan(
      path,
      1,
      eight.slice(0, nShards),
      '--fragments',
    );
    emit({
      figure: 'growth',
      nShards,
      samples: factor,
      cpuS: rounded(cpuS),
      wallS: rounded(wallS),
      maxRssMb: rounded(maxRssMb, 0),
      nFragments,
      fragmentsCpuS: rounded(fragmentsCpuS),
    });
  }
}
