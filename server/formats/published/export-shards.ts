// A study's fragments as one log a shard, with the texts and the training file that go with each. The
// fragments are gone through once, in order, and written to all of their shards: places never lie in memory
// beyond one fragment's, however many there are.

import { join } from 'node:path';
import { readShards } from '../../store/shards-table.ts';
import type { Database } from '../../store/study-file.ts';
import type { MergedPlaces } from './export-samples.ts';
import type { FragmentTexts } from './fragment-texts.ts';
import { blockHead, formatPlace } from './simian-log.ts';
import { openTextWriter, type TextWriter } from './text-writer.ts';

export interface ShardExport {
  readonly train: string;
  readonly logs: string;
  readonly merged: MergedPlaces;
  readonly texts: FragmentTexts;
}

/** Held for all writers together, about, until it is written. */
const HELD_BYTES = 64 << 20;
const FILES_PER_SHARD = 4;

export function exportShards(db: Database, { train, logs, merged, texts }: ShardExport): void {
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
    const lines = texts.lines(fragmentId);
    const block: Block = { fingerprint, nLines, nExcerptLines: lines.length, ...encoded(fingerprint, lines) };
    allTexts.writeBytes(block.named);
    const byShard = readPlaces(fragmentId);
    if (byShard.size === 0) continue;
    const samples = (readSamples.all(fragmentId) as unknown as readonly [number, number, number][]).map(
      ([sampleId, first, last]) => {
        const sample = merged.of(sampleId);
        return formatPlace(sample.lineOf(first), sample.lineOf(last), merged.path);
      },
    );
    // Simian repeats a fragment's sample places in every log, which at 50 shards is most of what it writes;
    // one is enough for a block to be taken as shared, so only the first shard's log has them all.
    const whole = Math.min(...byShard.keys());
    for (const [shard, places] of byShard)
      files.get(shard)!.write(block, shard === whole ? samples : samples.slice(0, 1), places);
  }
  for (const shard of files.values()) shard.end();
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

  /** `samples` are lines of the log; `places` are lines of the provenance, without the fingerprint. */
  write(block: Block, samples: readonly string[], places: readonly string[]): void {
    const first = this.#nExcerptLines + 1;
    this.#nExcerptLines += block.nExcerptLines;
    this.#excerpt.writeBytes(block.text);
    this.#texts.writeBytes(block.named);
    this.#log.line(blockHead(block));
    for (const sample of samples) this.#log.line(sample);
    const range = `${formatPlace(first, this.#nExcerptLines, this.#path)}\n`;
    this.#log.write(range.repeat(places.length));
    const head = `{"fingerprint":"${block.fingerprint}",`;
    for (const place of places) this.#provenance.line(head + place);
    this.#nBlocks++;
    this.#nLines += block.nLines * (samples.length + places.length);
  }

  end(): void {
    // Its scripts keep a block when they meet the next "Found": this summary, as Simian prints it, is the last.
    this.#log.line(`Found ${this.#nLines} duplicate lines in ${this.#nBlocks} blocks in 2 files`);
    for (const file of [this.#excerpt, this.#log, this.#provenance, this.#texts]) file[Symbol.dispose]();
  }
}

/** Documents whose line of provenance is kept at hand: many fragments lie in the same ones. */
const KNOWN_DOCUMENTS = 500_000;

/** Reads a fragment's training places: for each shard, what stands in the provenance after the fingerprint. */
function placesByShard(db: Database): (fragmentId: number) => Map<number, string[]> {
  const places = db.prepare(
    'SELECT document_id, first_line, last_line FROM train_occurrences WHERE fragment_id = ? ORDER BY ordinal',
  );
  places.setReturnArrays(true);
  const find = db.prepare(
    'SELECT shard_id, row, repository, path, license FROM documents WHERE document_id = ?',
  );
  const known = new Map<number, { readonly shard: number; readonly start: string }>();
  const documentOf = (documentId: number) => {
    let document = known.get(documentId);
    if (!document) {
      const { shard_id, ...row } = find.get(documentId)!;
      const start = Buffer.from(JSON.stringify(row).slice(1, -1)).toString('latin1');
      document = { shard: Number(shard_id), start: `${start},"firstLine":` };
      if (known.size >= KNOWN_DOCUMENTS) known.clear();
      known.set(documentId, document);
    }
    return document;
  };
  return (fragmentId) => {
    const byShard = new Map<number, string[]>();
    for (const [id, first, last] of places.all(fragmentId) as unknown as [number, number, number][]) {
      const { shard, start } = documentOf(id);
      const place = `${start}${first},"lastLine":${last}}`;
      const list = byShard.get(shard);
      if (list) list.push(place);
      else byShard.set(shard, [place]);
    }
    return byShard;
  };
}
