// Makes the shards that the corpus benchmarks read: rows like those of published training data, of any size,
// always the same.

import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { writeParquet } from '../support/write-parquet.ts';

export const folder = join(import.meta.dirname, '../../.cache/bench-corpus');

export interface BenchRow {
  readonly repo_name: string;
  readonly path: string;
  readonly license: string;
  readonly content: string;
}

/** Rows of some 6 KB with the statistics of source code: gzip makes them four times smaller. */
export function* rows(nBytes: number): Generator<BenchRow> {
  let state = 1;
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const words = Array.from({ length: 4000 }, () => Math.floor(next(2 ** 31)).toString(36));
  for (let row = 0, n = 0; n < nBytes; row++) {
    const parts: string[] = [];
    for (let line = 0; line < 150; line++) {
      const indent = '    '.repeat(next(4));
      const count = 2 + next(7);
      const line_words = Array.from({ length: count }, () => words[Math.floor(next(63) ** 2)]!);
      parts.push(indent + line_words.join(next(3) === 0 ? ' = ' : ' '));
    }
    const content = parts.join('\n');
    n += content.length;
    yield { repo_name: `owner/repo-${row % 997}`, path: `src/file-${row}.py`, license: 'mit', content };
  }
}

/** Makes a file once. */
async function make(name: string, write: (draft: string) => Promise<unknown>): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  if (existsSync(path)) return path;
  await write(`${path}.draft`);
  renameSync(`${path}.draft`, path);
  return path;
}

export const jsonLines = (nBytes: number): Promise<string> =>
  make(`${nBytes / 1e6}.jsonl`, (draft) => {
    const lines = function* () {
      for (const row of rows(nBytes)) yield `${JSON.stringify(row)}\n`;
    };
    return pipeline(Readable.from(lines()), createWriteStream(draft));
  });

export async function gzipped(nBytes: number): Promise<string> {
  const plain = await jsonLines(nBytes);
  return make(`${nBytes / 1e6}.json.gz`, (draft) =>
    pipeline(
      createReadStream(plain, { highWaterMark: 1 << 20 }),
      createGzip({ chunkSize: 1 << 20 }),
      createWriteStream(draft),
    ),
  );
}

export async function zstandard(nBytes: number): Promise<string> {
  const plain = await jsonLines(nBytes);
  return make(`${nBytes / 1e6}.jsonl.zst`, (draft) =>
    pipeline(
      createReadStream(plain, { highWaterMark: 1 << 20 }),
      createZstdCompress({ chunkSize: 1 << 20 }),
      createWriteStream(draft),
    ),
  );
}

/** Row groups of 1,000 rows, as large data sets have them. */
export const parquet = (nBytes: number): Promise<string> =>
  make(`${nBytes / 1e6}.parquet`, async (draft) =>
    writeFileSync(
      draft,
      writeParquet([...rows(nBytes)] as unknown as Record<string, string>[], {
        codec: 'ZSTD',
        rowsPerGroup: 1000,
      }),
    ),
  );

export const sourceTree = (nBytes: number): Promise<string> =>
  make(`${nBytes / 1e6}-files`, async (draft) => {
    mkdirSync(draft, { recursive: true });
    let i = 0;
    for (const { content } of rows(nBytes)) {
      const below = join(draft, String(Math.floor(i / 1000)));
      if (i % 1000 === 0) mkdirSync(below);
      writeFileSync(join(below, `f${i++}.py`), content);
    }
  });

export const sizeOf = (path: string): number => statSync(path).size;
