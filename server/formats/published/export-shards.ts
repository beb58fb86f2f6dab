// A study's fragments as one log a shard, with the texts and the training file that go with each. The
// fragments are gone through once, in order, and written to all of their shards: places never lie in memory
// beyond one fragment's, however many there are.

import { join } from 'node:path';
import { readShards } from '../../store/shards-table.ts';
import type { Database } from '../../store/study-file.ts';
import type { MergedPlaces } from './export-samples.ts';
import { blockHead, blockPlace } from './simian-log.ts';
import { openTextWriter, type TextWriter } from './text-writer.ts';

export interface ShardExport {
  readonly train: string;
  readonly logs: string;
  readonly merged: MergedPlaces;
}

/** Held for all writers together, about, until it is written. */
const HELD_BYTES = 64 << 20;
const FILES_PER_SHARD = 4;

export function exportShards(db: Database, { train, logs, merged }: ShardExport): void {
  const shards = readShards(db);
  const chunkBytes = Math.floor(
    Math.min(1 << 18, Math.max(1 << 12, HELD_BYTES / (FILES_PER_SHARD * shards.length || 1))),
  );
  const files = new Map(
    shards.map(({ index }) => [index, new ShardFiles({ index, train, logs, chunkBytes })] as const),
  );
  using allTexts = openTextWriter(join(logs, 'analyze', 'all.txt'));
  const readPlaces = placesByShard(db);
  const readSamples = db.prepare(
    'SELECT sample_id, first_line, last_line FROM sample_occurrences WHERE fragment_id = ? ORDER BY ordinal',
  );
  readSamples.setReturnArrays(true);
  const fragments = db.prepare(
    'SELECT fragment_id, fingerprint, n_lines FROM fragments ORDER BY fragment_id',
  );
  for (const row of fragments.iterate()) {
    const fragmentId = Number(row.fragment_id);
    const fingerprint = String(row.fingerprint);
    const nLines = Number(row.n_lines);
    const samples = readSamples.all(fragmentId) as unknown as readonly SampleRow[];
    const lines = samples[0] ? merged.lines(...samples[0]) : [];
    const block: Block = { fingerprint, nLines, nExcerptLines: lines.length, ...encoded(fingerprint, lines) };
    allTexts.writeBytes(block.named);
    const byShard = readPlaces(fragmentId, fingerprint);
    if (byShard.size === 0) continue;
    const { all, first } = samplePlaces(merged, samples);
    // Simian repeats a fragment's sample places in every log, which at 50 shards is most of what it writes;
    // one is enough for a block to be taken as shared, so only the first shard's log has them all.
    const whole = Math.min(...byShard.keys());
    for (const [shard, places] of byShard)
      files.get(shard)!.write(block, shard === whole ? all : first, places);
  }
  for (const shard of files.values()) shard.end();
}

/** Lines of a file, each with its end. */
interface Lines {
  readonly text: string;
  readonly n: number;
}

type SampleRow = readonly [sampleId: number, firstLine: number, lastLine: number];

function samplePlaces(merged: MergedPlaces, rows: readonly SampleRow[]): { all: Lines; first: Lines } {
  const end = ` in ${merged.path}\n`;
  let text = '';
  let first: Lines = { text, n: 0 };
  for (const [sampleId, firstLine, lastLine] of rows) {
    const place = blockPlace(merged.lineOf(sampleId, firstLine), merged.lineOf(sampleId, lastLine));
    text += place + end;
    if (first.n === 0) first = { text, n: 1 };
  }
  return { all: { text, n: rows.length }, first };
}

interface Block {
  readonly fingerprint: string;
  readonly nLines: number;
  readonly nExcerptLines: number;
  /** Its lines, with line ends. */
  readonly text: Uint8Array;
  /** Its lines between their head and their end, as in the published texts. */
  readonly named: Uint8Array;
}

function encoded(fingerprint: string, lines: readonly string[]): Pick<Block, 'text' | 'named'> {
  const head = `>>>>>>>>>>fingerprints ${fingerprint} >>>>>>>>>>>>>\n`;
  const text = lines.map((line) => `${line}\n`).join('');
  const end = `<<<<<<<<<<fingerprints ${fingerprint} <<<<<<<<<<\n\n\n`;
  const named = Buffer.from(head + text + end, 'latin1');
  return { text: named.subarray(head.length, head.length + text.length), named };
}

/**
 * The shard's log; the training file that it points into, which holds the lines of each fragment once; for
 * each training place of the log, in its order, where it really is; and the fragments' texts.
 */
class ShardFiles {
  readonly #path: string;
  readonly #excerpt: TextWriter;
  readonly #log: TextWriter;
  readonly #provenance: TextWriter;
  readonly #texts: TextWriter;
  #nExcerptLines = 0;
  #nBlocks = 0;
  #nLines = 0;

  constructor(at: {
    readonly index: number;
    readonly train: string;
    readonly logs: string;
    readonly chunkBytes: number;
  }) {
    const { index, train, logs, chunkBytes } = at;
    this.#path = join(train, String(index));
    this.#excerpt = openTextWriter(this.#path, chunkBytes);
    this.#log = openTextWriter(join(logs, `${index}.log`), chunkBytes);
    this.#provenance = openTextWriter(join(logs, `${index}.provenance.jsonl`), chunkBytes);
    this.#texts = openTextWriter(join(logs, 'analyze', `${index}.txt`), chunkBytes);
  }

  /** `samples` are lines of the log; `places` of the provenance. */
  write(block: Block, samples: Lines, places: Lines): void {
    const first = this.#nExcerptLines + 1;
    this.#nExcerptLines += block.nExcerptLines;
    this.#excerpt.writeBytes(block.text);
    this.#texts.writeBytes(block.named);
    this.#log.line(blockHead(block));
    this.#log.write(samples.text);
    const range = `${blockPlace(first, this.#nExcerptLines)} in ${this.#path}\n`;
    this.#log.write(range.repeat(places.n));
    this.#provenance.write(places.text);
    this.#nBlocks++;
    this.#nLines += block.nLines * (samples.n + places.n);
  }

  end(): void {
    // Its scripts keep a block when they meet the next "Found": this summary, as Simian prints it, is the last.
    this.#log.line(`Found ${this.#nLines} duplicate lines in ${this.#nBlocks} blocks in 2 files`);
    for (const file of [this.#excerpt, this.#log, this.#provenance, this.#texts]) file[Symbol.dispose]();
  }
}

/** Documents whose part of the provenance is kept at hand: many fragments lie in the same ones. */
const KNOWN_DOCUMENTS = 500_000;

interface ShownDocument {
  readonly shard: number;
  /** What a line of the provenance says of it. */
  readonly json: string;
}

/** Reads a fragment's training places: for each shard, its lines of the provenance. */
function placesByShard(db: Database): (fragmentId: number, fingerprint: string) => Map<number, Lines> {
  const places = db.prepare(
    'SELECT document_id, first_line, last_line FROM train_occurrences WHERE fragment_id = ? ORDER BY ordinal',
  );
  places.setReturnArrays(true);
  const documentOf = openDocuments(db);
  return (fragmentId, fingerprint) => {
    const start = `{"fingerprint":"${fingerprint}",`;
    const byShard = new Map<number, { text: string; n: number }>();
    for (const [id, first, last] of places.all(fragmentId) as unknown as [number, number, number][]) {
      const { shard, json } = documentOf(id);
      let lines = byShard.get(shard);
      if (!lines) {
        lines = { text: '', n: 0 };
        byShard.set(shard, lines);
      }
      lines.text += `${start + json}"firstLine":${first},"lastLine":${last}}\n`;
      lines.n++;
    }
    return byShard;
  };
}

type DocumentRow = [
  id: number,
  shard: number,
  row: number,
  repository: string,
  path: string,
  license: string,
];

function openDocuments(db: Database): (documentId: number) => ShownDocument {
  const columns = 'SELECT document_id, shard_id, row, repository, path, license FROM documents';
  // By the upper and the lower half of the id: maps are far faster with small whole numbers.
  let known = new Map<number, Map<number, ShownDocument>>();
  let nKnown = 0;
  const learn = ([id, shard, row, repository, path, license]: DocumentRow): ShownDocument => {
    const json = JSON.stringify({ row, repository, path, license }).slice(1, -1);
    const document = { shard, json: `${Buffer.from(json).toString('latin1')},` };
    const upper = Math.floor(id / 2 ** 32);
    const half = known.get(upper);
    if (half) half.set(id >>> 0, document);
    else known.set(upper, new Map([[id >>> 0, document]]));
    nKnown++;
    return document;
  };
  // One after the other is far faster than one at a time.
  const every = db.prepare(`${columns} LIMIT ${KNOWN_DOCUMENTS}`);
  every.setReturnArrays(true);
  for (const row of every.iterate()) learn(row as unknown as DocumentRow);
  const find = db.prepare(`${columns} WHERE document_id = ?`);
  find.setReturnArrays(true);
  return (id) => {
    const document = known.get(Math.floor(id / 2 ** 32))?.get(id >>> 0);
    if (document) return document;
    if (nKnown >= KNOWN_DOCUMENTS) {
      known = new Map();
      nKnown = 0;
    }
    return learn(find.get(id) as unknown as DocumentRow);
  };
}
