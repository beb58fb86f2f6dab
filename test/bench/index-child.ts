// One piece of work of the index's benchmark, in a process of its own so that its processor time and memory can be told.

import { readFileSync } from 'node:fs';
import { listShards } from '../../server/corpus/shard.ts';
import { buildIndex } from '../../server/corpus-index/build-index.ts';
import { checkText } from '../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../server/corpus-index/corpus-index.ts';
import { scanCorpus } from '../../server/kernel/scan-corpus.ts';

const [work, ...args] = process.argv.slice(2);
const rule = { minLines: 6, profile: 'exact-1' as const };
const { signal } = new AbortController();
const report = () => {};

const works: Readonly<Record<string, () => Promise<object>>> = {
  async build() {
    const [folder, ...corpus] = args;
    await buildIndex({ folder: folder!, shards: listShards(corpus), rule, workers: 1, signal, report });
    return {};
  },
  async scan() {
    const [query, ...corpus] = args;
    const shards = listShards(corpus);
    const samples = [{ sampleId: 0, text: readFileSync(query!), cut: false }];
    const totalBytes = shards.reduce((sum, { nBytes }) => sum + nBytes, 0);
    const request = { samples, rule, shards, workers: 1, signal, report, totalBytes, resumedBytes: 0 };
    for await (const _ of scanCorpus(request));
    return {};
  },
  /** Each file once; how many of them hold something of the corpus. */
  async checkAll() {
    const [folder, ...queries] = args;
    using index = new CorpusIndex(folder!);
    let nFound = 0;
    for (const query of queries) {
      const { matches } = await checkText(index, readFileSync(query), { signal });
      if (matches.length > 0) nFound++;
    }
    return { nFound };
  },
  /** The first look-up of the process, then the median of a hundred, then a thousand other files in a row. */
  async check() {
    const [folder, query, ...others] = args;
    const text = readFileSync(query!);
    const startedAt = performance.now();
    using index = new CorpusIndex(folder!);
    const first = await checkText(index, text, { signal });
    const coldMs = performance.now() - startedAt;
    const times: number[] = [];
    for (let i = 0; i < 100; i++) {
      const at = performance.now();
      await checkText(index, text, { signal });
      times.push(performance.now() - at);
    }
    const at = performance.now();
    for (let i = 0; i < 1000; i++)
      await checkText(index, readFileSync(others[i % others.length]!), { signal });
    const thousandMs = performance.now() - at;
    const { matches, nDocumentsOpened } = first;
    return {
      coldMs,
      warmMs: times.sort((a, b) => a - b)[50],
      thousandMs,
      nMatches: matches.length,
      nDocumentsOpened,
    };
  },
};

// What loading the programs takes is what a fresh command tells.
const before = process.cpuUsage();
const startedAt = performance.now();
const figures = await works[work!]!();
const { user, system } = process.cpuUsage(before);
const elapsedMs = performance.now() - startedAt;
const maxRssBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, elapsedMs, maxRssBytes, ...figures }));
