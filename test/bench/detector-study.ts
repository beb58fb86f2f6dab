// The fixed part of a study, as the command runs it: what starting costs, what the scan alone costs beside `gzip -dc | wc -l`, and
// what 4,096 samples cost beside the scan. Processor seconds, medians, each in turn with the others.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCorpus } from './detector-corpus.ts';
import { median, rounded } from './detector-figures.ts';
import { readSamples } from './detector-scan.ts';
import { measure } from './measure-command.ts';

const CLI = join(import.meta.dirname, '../../dist/cli.js');
const N_SAMPLES = 4096;

export function measureStudyParts(
  emit: (figure: object) => void,
  { shards, samples }: Pick<BenchCorpus, 'shards' | 'samples'>,
  repeats: number,
): void {
  if (!existsSync(CLI)) throw new Error(`${CLI} is missing: node esbuild.mjs makes it`);
  const scratch = mkdtempSync(join(tmpdir(), 'verbatim-study-parts-'));
  try {
    const [shard] = shards as readonly [string];
    const texts = readSamples(samples.one)
      .slice(0, N_SAMPLES)
      .map(({ text }) => Buffer.from(text).toString());
    const lines = (chosen: readonly string[]) => chosen.map((text) => `${JSON.stringify(text)}\n`).join('');
    const write = (name: string, text: string) => {
      writeFileSync(join(scratch, name), text);
      return join(scratch, name);
    };
    mkdirSync(join(scratch, 'nothing'));
    write('nothing/one.jsonl', `${JSON.stringify({ content: 'x = 1\n' })}\n`);
    // So short that nothing is looked for a second time.
    const one = write('one.jsonl', lines(['y = 2\n']));
    const all = write('all.jsonl', lines(texts));
    const scan = (corpus: string, of: string) => {
      for (const suffix of ['', '-wal', '-shm'])
        rmSync(join(scratch, `out.sqlite${suffix}`), { force: true });
      const args = [CLI, 'scan', '--corpus', corpus, '--samples', of, '--out', join(scratch, 'out.sqlite')];
      return measure(scratch, [...args, '--workers', '1']).processorSeconds;
    };
    const costs = {
      start: [] as number[],
      scan: [] as number[],
      beside: [] as number[],
      gzip: [] as number[],
    };
    for (let i = 0; i < repeats; i++) {
      const start = scan(join(scratch, 'nothing'), one);
      const small = scan(shard, one);
      costs.start.push(start);
      costs.scan.push(small - start);
      costs.beside.push(scan(shard, all) - small);
      costs.gzip.push(gzipSeconds(scratch, shard));
    }
    const [start, scanned, beside, gzip] = Object.values(costs).map(median) as [
      number,
      number,
      number,
      number,
    ];
    const figure = 'parts of a study, CPU';
    emit({ figure, part: 'start', cpuS: rounded(start), atMost: 0.5 });
    emit({
      figure,
      part: 'scan / gzip -dc | wc -l',
      ratio: rounded(scanned / gzip),
      atMost: 0.5,
      cpuS: rounded(scanned),
      gzipCpuS: rounded(gzip),
    });
    emit({ figure, part: 'beside the scan', nSamples: texts.length, cpuS: rounded(beside), atMost: 1 });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Both programs of the pipe. */
function gzipSeconds(scratch: string, shard: string): number {
  const file = join(scratch, 'times');
  const script = `{ TIMEFORMAT='%U %S'; time (gzip -dc "$1" | wc -l) > /dev/null; } 2> "$2"`;
  const { status } = spawnSync('bash', ['-c', script, 'bash', shard, file]);
  if (status !== 0) throw new Error(`gzip -dc ${shard} ended with ${status}`);
  return readFileSync(file, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
    .reduce((a, b) => a + b, 0);
}
