// The reader of an index: a manifest and a segment that anybody may have made, whose checksums are right where a program
// wrote them. The input is both files, with the length of the first before them.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { checkText } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { digestOf, readManifest, writeManifest } from '../../../server/corpus-index/manifest.ts';
import { build, writeShard } from '../../support/indexed-corpus.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const text = Buffer.from(Array.from({ length: 40 }, (_, i) => `line ${i % 23}\n`).join(''));

async function seeds(): Promise<readonly Uint8Array[]> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-fuzz-'));
  try {
    const documents = Array.from({ length: 70 }, (_, i) => ({
      ...{ repository: `r${i}`, path: `${i}.c`, license: 'MIT' },
      text: `${text.toString()}${i}\n`,
    }));
    const shard = writeShard(join(folder, 'corpus'), '0.json.gz', documents);
    await build(join(folder, 'index'), [shard], { minLines: 6, profile: 'exact-1' });
    const { file } = readManifest(join(folder, 'index'))!.segments[0]!;
    return [readFileSync(join(folder, 'index', file))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The segment gets a header whose checksums are right, as an attacker's would be. */
async function read(input: Uint8Array): Promise<'read' | 'refused'> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-fuzz-'));
  try {
    const segment = Buffer.from(input);
    if (segment.length >= 4096) {
      const json = segment.subarray(16, 16 + segment.readUInt32LE(8));
      segment.writeUInt32LE(crc32(json), 12);
    }
    mkdirSync(join(folder, 'index'));
    writeFileSync(join(folder, 'index/segment-1'), segment);
    const shards = [
      { nDocuments: 70, firstDocument: 0, ...{ nRows: 70, contentBytes: 9, nProblems: 0, nBytes: 9 } },
    ].map((shard) => ({
      ...shard,
      name: '0.json.gz',
      path: '0.json.gz',
      format: 'jsonl.gz' as const,
      modifiedMs: 1,
      removed: false,
      listing: undefined,
      columns: undefined,
    }));
    writeManifest(join(folder, 'index'), {
      rule: { minLines: 6, profile: 'exact-1' },
      gramLines: 3,
      seed: '0123456789abcdef',
      root: folder,
      segments: [
        { file: 'segment-1', nBytes: segment.length, digest: digestOf(segment.subarray(0, 4096)), shards },
      ],
    });
    return await outcomeOf(async () => {
      using index = new CorpusIndex(join(folder, 'index'));
      await checkText(index, text, { signal: new AbortController().signal });
      for (const place of index.places()) {
        const { segment: file } = place;
        for (let bucket = 0; bucket < 2 ** file.header.shape.bucketBits; bucket++)
          file.visitBucket(bucket, () => true);
        for (let page = 0; page < file.header.pages.nPieces; page++) file.page(page);
        file.facts(0);
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const harness: Harness = { seeds, read };
