// The best known copy detector on npm, on the same samples and 35 MB of documents: time, memory, and how much
// of what is known to be copied each one finds.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listShards } from '../../server/corpus/shard.ts';
import type { ShardResult } from '../../server/engine/detection.ts';
import { findFragments } from '../../server/engine/find-fragments.ts';
import { numberSamples } from '../../server/kernel/number-samples.ts';
import { scanCorpus } from '../../server/kernel/scan-corpus.ts';
import { type BenchCorpus, cacheFolder } from './detector-corpus.ts';
import { rounded, type Scan } from './detector-figures.ts';
import { readSamples, rule } from './detector-scan.ts';
import { copiesIn, installJscpd, JSCPD, runJscpd } from './peer-jscpd.ts';

export async function measureJscpd(
  emit: (figure: object) => void,
  scan: Scan,
  corpus: BenchCorpus,
): Promise<void> {
  const samplesPath = corpus.samples.tenth;
  const folder = join(cacheFolder, 'jscpd');
  installJscpd(folder);
  const samples = readSamples(samplesPath);
  const texts = samples.map(({ text }) => Buffer.from(text).toString());
  writeTree(join(folder, 'tree'), texts, readFileSync(corpus.small, 'utf8'));

  // What every sample is known to have copied.
  const truth = (JSON.parse(readFileSync(corpus.truth, 'utf8')) as string[])
    .map((block) => ({ block, sample: texts.findIndex((text) => text.includes(block)) }))
    .filter(({ sample }) => sample >= 0);

  const theirs = runJscpd(folder, join(folder, 'tree'));
  const samplesFound = copiesIn(theirs.clones, 'samples/');
  const ours = scan(samplesPath, 1, [corpus.small], '--fragments');
  const oursCpuS = ours.cpuS + ours.fragmentsCpuS;
  const found = await fragmentTexts(samplesPath, corpus.small);
  emit({
    figure: 'jscpd / scan, on 3.5 MB of samples and 35 MB of documents',
    cpuRatio: rounded(theirs.cpuS / oursCpuS, 1),
    memoryRatio: rounded(theirs.maxRssMb / ours.fragmentsRssMb, 1),
    jscpdCpuS: rounded(theirs.cpuS),
    scanCpuS: rounded(oursCpuS),
    jscpdMb: rounded(theirs.maxRssMb, 0),
    scanMb: rounded(ours.fragmentsRssMb, 0),
    jscpdVersion: JSCPD,
    jscpdExit: theirs.exit,
    nTruth: truth.length,
    jscpdRecall: rounded(truth.filter(({ sample }) => samplesFound.has(sample)).length / truth.length),
    scanRecall: rounded(truth.filter(({ block }) => found.includes(normalise(block))).length / truth.length),
  });
}

const normalise = (block: string) =>
  block
    .split('\n')
    .map((line) => line.trim())
    .join('\n');

/** All fragments, as one text. */
async function fragmentTexts(samplesPath: string, shardPath: string): Promise<string> {
  const samples = readSamples(samplesPath);
  const results: { shard: number; result: ShardResult }[] = [];
  const scanning = scanCorpus({
    samples,
    rule,
    shards: listShards([shardPath]),
    workers: 1,
    signal: new AbortController().signal,
    report: () => {},
    totalBytes: 0,
    resumedBytes: 0,
  });
  for await (const outcome of scanning) {
    if (outcome.kind === 'failed') throw outcome.failure.error;
    results.push({ shard: outcome.shard.index, result: outcome.result });
  }
  const fragments = [...findFragments({ samples, rule, results, index: numberSamples(samples, rule) })];
  return fragments.map(({ text }) => Buffer.from(text).toString()).join('\n\n');
}

function writeTree(tree: string, samples: readonly string[], rows: string): void {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'samples'), { recursive: true });
  mkdirSync(join(tree, 'corpus'), { recursive: true });
  for (const [i, text] of samples.entries()) writeFileSync(join(tree, 'samples', `${i}.py`), text);
  for (const [i, row] of rows.trimEnd().split('\n').entries()) {
    writeFileSync(join(tree, 'corpus', `${i}.py`), (JSON.parse(row) as { content: string }).content);
  }
}
