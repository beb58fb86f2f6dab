/**
 * Writes rows as shards: `shards/shard-0000.json.gz`, … of about equal size, and says what is in each.
 *
 * What counts as the same corpus is the uncompressed text: two versions of zlib may compress it differently.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface ShardFacts {
  /** Relative to the corpus's folder. */
  readonly name: string;
  readonly rows: number;
  /** Uncompressed, with the rows' JSON around the files' text. */
  readonly bytes: number;
  /** SHA-256 of the uncompressed bytes. */
  readonly sha256: string;
}

/** Splits the rows, in their order, into at most `nShards` shards and writes them. */
export function writeShards(outDir: string, rows: readonly string[], nShards: number): readonly ShardFacts[] {
  return splitEvenly(rows, nShards).map((part, index) => {
    const name = `shards/shard-${String(index).padStart(4, '0')}.json.gz`;
    const text = Buffer.from(part.join(''), 'utf8');
    // Node writes no file name and no time into the gzip header.
    writeFileSync(join(outDir, name), gzipSync(text, { level: 9 }));
    return { name, rows: part.length, bytes: text.length, sha256: sha256(text) };
  });
}

/** The whole corpus's identity: SHA-256 of all shards' uncompressed bytes, one after the other. */
export function hashCorpus(rows: readonly string[]): string {
  return sha256(Buffer.from(rows.join(''), 'utf8'));
}

function splitEvenly(rows: readonly string[], nParts: number): readonly (readonly string[])[] {
  const target = rows.reduce((sum, row) => sum + row.length, 0) / nParts;
  const parts: string[][] = Array.from({ length: nParts }, () => []);
  let filled = 0;
  for (const row of rows) {
    parts[Math.min(nParts - 1, Math.floor(filled / target))]?.push(row);
    filled += row.length;
  }
  return parts.filter((part) => part.length > 0);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
