// `npm run bench -- detector`: what the scan costs, against references of the same run. Medians; processor
// time of all threads, as `time` counts it. The scan runs bundled, as it ships. VERBATIM_BENCH_PARTS=workers,memory runs
// these parts alone, VERBATIM_BENCH_REPEATS=1 each once.

import { execFileSync } from 'node:child_process';
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildKernel } from '../../server/kernel/build-wasm.mjs';
import { type BenchCorpus, cacheFolder, makeCorpus } from './detector-corpus.ts';
import { median, rounded, type Scan, type ScanFigures } from './detector-figures.ts';
import { measureJscpd } from './detector-jscpd.ts';
import { measureKernel, measureRepetition } from './detector-kernel.ts';
import { measureStudyParts } from './detector-study.ts';
import { runParts } from './run-parts.ts';

type Emit = (figure: object) => void;

export async function run(emit: Emit): Promise<void> {
  await buildKernel();
  const corpus = await makeCorpus();
  const program = await bundleScan();
  const scan: Scan = (...args) =>
    JSON.parse(execFileSync(process.execPath, commandOf(program, ...args), { encoding: 'utf8' }));
  const repeats = Number(process.env.VERBATIM_BENCH_REPEATS ?? 5);
  await runParts({
    gzip: () => measureAgainstGzip(emit, scan, corpus, repeats),
    kernel: () => measureKernel(emit, corpus, repeats),
    workers: () => measureWorkers(emit, scan, program, corpus, repeats),
    memory: () => measureMemory(emit, scan, corpus, repeats),
    repetition: () => measureRepetition(emit, corpus, repeats),
    growth: () => measureGrowth(emit, scan, corpus, repeats),
    study: () => measureStudyParts(emit, corpus, repeats),
    jscpd: () => measureJscpd(emit, scan, corpus),
  });
}

/** The path of detector-scan.ts as a bundle. */
async function bundleScan(): Promise<string> {
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
  return join(outdir, 'detector-scan.js');
}

const commandOf = (program: string, ...[samples, workers, shards, ...more]: Parameters<Scan>) => [
  program,
  samples,
  `${workers}`,
  ...shards,
  ...more,
];

/** The processor and wall seconds of a shell command. */
function timeShell(command: string): { cpuS: number; wallS: number } {
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
    // Turns are taken, so that a busy machine is as busy for both.
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

/**
 * Over four shards and over eight: what is done once, before and after them, weighs less in the larger corpus. What the
 * machine allows is told beside it: two of `gzip`, and two scans that have nothing in common, at once against one after the other.
 */
function measureWorkers(
  emit: Emit,
  scan: Scan,
  program: string,
  { shards, samples }: BenchCorpus,
  repeats: number,
): void {
  const gzipSpeedup = speedupOfTwo(
    shards.slice(0, 2).map((path) => `gzip -dc '${path}'`),
    repeats,
  );
  const alone = (list: readonly string[]) =>
    [process.execPath, ...commandOf(program, samples.one, 1, list)].map((word) => `'${word}'`).join(' ');
  const scanSpeedup = speedupOfTwo([alone(shards.slice(0, 2)), alone(shards.slice(2, 4))], repeats);
  for (const list of [shards, [...shards, ...shards]]) {
    const wallS = (workers: number) => scan(samples.one, workers, list).wallS;
    const pairs = Array.from({ length: repeats }, () => ({ one: wallS(1), two: wallS(2) }));
    const oneWallS = median(pairs.map(({ one }) => one));
    const twoWallS = median(pairs.map(({ two }) => two));
    const speedup = oneWallS / twoWallS;
    emit({
      figure: 'two workers / one, wall',
      nShards: list.length,
      speedup: rounded(speedup),
      atLeast: 1.85,
      gzipSpeedup: rounded(gzipSpeedup),
      twoScansSpeedup: rounded(scanSpeedup),
      ratio: rounded(speedup / scanSpeedup),
      oneWallS: rounded(oneWallS),
      twoWallS: rounded(twoWallS),
    });
  }
}

/** How much faster two commands are at once than one after the other, by the clock. */
function speedupOfTwo(commands: readonly string[], repeats: number): number {
  const [first, second] = commands.map((command) => `${command} > /dev/null`);
  const rounds = Array.from({ length: repeats }, () => ({
    inTurn: timeShell(`${first}; ${second}`).wallS,
    atOnce: timeShell(`${first} & ${second}; wait`).wallS,
  }));
  return median(rounds.map(({ inTurn }) => inTurn)) / median(rounds.map(({ atOnce }) => atOnce));
}

/** The median run by each figure on its own. */
function scanOften(repeats: number, once: () => ScanFigures): ScanFigures {
  const all = Array.from({ length: repeats }, once);
  const names = Object.keys(all[0]!) as (keyof ScanFigures)[];
  return Object.fromEntries(
    names.map((name) => [name, median(all.map((figures) => figures[name]))]),
  ) as unknown as ScanFigures;
}

function measureMemory(emit: Emit, scan: Scan, { shards, samples }: BenchCorpus, repeats: number): void {
  const sampleMb = statSync(samples.one).size / 1e6;
  const eight = [...shards, ...shards];
  for (const [workers, list] of [
    [1, shards.slice(0, 1)],
    [1, eight],
    [2, eight],
  ] as const) {
    const figures = scanOften(repeats, () => scan(samples.one, workers, list, '--fragments'));
    const atMostMb = 6 * sampleMb + 64 * workers;
    emit({
      figure: 'peak memory',
      workers,
      nShards: list.length,
      scanMb: rounded(figures.maxRssMb, 0),
      withFragmentsMb: rounded(figures.fragmentsRssMb, 0),
      atMostMb: rounded(atMostMb, 0),
      ratio: rounded(figures.fragmentsRssMb / atMostMb),
    });
  }
}

/** Ratios are to one shard with the samples as they are: a line that grows as it should has its factor there. */
function measureGrowth(emit: Emit, scan: Scan, { shards, samples }: BenchCorpus, repeats: number): void {
  const eight = [...shards, ...shards];
  let base: ScanFigures | undefined;
  for (const [nShards, factor, path] of [
    [1, 1, samples.one],
    [2, 1, samples.one],
    [4, 1, samples.one],
    [8, 1, samples.one],
    [1, 0.1, samples.tenth],
    [1, 10, samples.ten],
  ] as const) {
    const figures = scanOften(repeats, () => scan(path, 1, eight.slice(0, nShards), '--fragments'));
    base ??= figures;
    emit({
      figure: 'growth',
      nShards,
      samples: factor,
      cpuS: rounded(figures.cpuS),
      ratio: rounded(figures.cpuS / base.cpuS),
      wallS: rounded(figures.wallS),
      scanMb: rounded(figures.maxRssMb, 0),
      withFragmentsMb: rounded(figures.fragmentsRssMb, 0),
      memoryRatio: rounded(figures.fragmentsRssMb / base.fragmentsRssMb),
      ...(factor === 10 ? { atMost: 4, memoryAtMost: 5 } : {}),
      nFragments: figures.nFragments,
      fragmentsCpuS: rounded(figures.fragmentsCpuS),
    });
  }
}
