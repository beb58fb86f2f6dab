// A study's fragments as one log a shard, with the texts and the training file that go with each. The
// fragments are gone through once, in order, and written to all of their shards: places never lie in memory
// beyond one fragment's, however many there are.

import { join } from 'node:path';
import { rawText } from '../../../guard/text/foreign.ts';
import type { ShowPlace } from '../../answers/disclosed-names.ts';
import { openShardRows } from '../../store/matched-documents.ts';
import { openAllPlaces, type SamplePlaceRow, type TrainPlaceRow } from '../../store/place-reader.ts';
import { splitDocumentId } from '../../store/schema.ts';
import { readShards } from '../../store/shards-table.ts';
import { readFragmentFigures } from '../../store/stored-fragments.ts';
import type { Database } from '../../store/study-file.ts';
import type { ExportFolder } from './export-folder.ts';
import type { MergedPlaces } from './export-samples.ts';
import { blockHead, blockPlace } from './simian-log.ts';
import type { TextWriter } from './text-writer.ts';

export interface ShardExport {
  readonly folder: ExportFolder;
  readonly train: string;
  readonly logs: string;
  /** Masks what is sensitive in names, or nothing. */
  readonly showPlace: ShowPlace;
  readonly merged: MergedPlaces;
}

/** Held for all writers together, about, until it is written. */
const HELD_BYTES = 64 << 20;
const FILES_PER_SHARD = 3;

const BLOCK_FIGURES = ['fragmentId', 'fingerprint', 'nLines'] as const;

export function exportShards(db: Database, { folder, train, logs, merged, showPlace }: ShardExport): void {
  const shards = readShards(db);
  const chunkBytes = Math.floor(
    Math.min(1 << 20, Math.max(1 << 12, HELD_BYTES / (FILES_PER_SHARD * shards.length || 1))),
  );
  const files = new Map(
    shards.map(({ index }) => [index, new ShardFiles({ folder, index, logs, chunkBytes })] as const),
  );
  // One for all shards: which shard a place is in is told by its log.
  const trainPath = join(train, 'fragments');
  using excerpt = folder.open(trainPath);
  using allTexts = folder.open(join(logs, 'analyze', 'all.txt'));
  const placesOf = openAllPlaces(db);
  let nExcerptLines = 0;
  for (const { fragmentId, fingerprint, nLines } of readFragmentFigures(db, BLOCK_FIGURES)) {
    const samples = placesOf.samples(fragmentId);
    const lines = samples[0] ? merged.lines(...samples[0]) : [];
    const text = named(fingerprint, lines);
    allTexts.writeBytes(text);
    const byShard = placesByShard(placesOf.train(fragmentId));
    if (byShard.size === 0) continue;
    for (const line of lines) excerpt.line(line);
    const place = blockPlace(nExcerptLines + 1, nExcerptLines + lines.length);
    nExcerptLines += lines.length;
    const inSamples = samplePlaces(merged, samples);
    const block: Block = {
      fingerprint,
      nLines,
      text,
      begin: latin1(`${blockHead({ nLines, fingerprint })}\n${inSamples[0] ?? ''}`),
      trainPlace: latin1(`${place} in ${trainPath}\n`),
    };
    // Simian repeats a fragment's sample places in every log, which at 50 shards is most of what it writes;
    // one is enough for a block to be taken as shared, so only the first shard's log has them all.
    let whole = Number.POSITIVE_INFINITY;
    for (const shard of byShard.keys()) whole = Math.min(whole, shard);
    for (const [shard, places] of byShard)
      files.get(shard)!.write(block, shard === whole ? inSamples.slice(1) : [], places);
  }
  for (const shard of files.values()) shard.end();
  exportDocuments(db, { folder, logs, showPlace }, shards);
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** Lines of a log, with their ends. */
function samplePlaces(merged: MergedPlaces, rows: readonly SamplePlaceRow[]): readonly string[] {
  const end = ` in ${merged.path}\n`;
  return rows.map(
    ([sampleId, firstLine, lastLine]) =>
      blockPlace(merged.lineOf(sampleId, firstLine), merged.lineOf(sampleId, lastLine)) + end,
  );
}

/** A fragment's lines between their head and their end, as in the published texts. */
function named(fingerprint: string, lines: readonly string[]): Uint8Array {
  const head = `>>>>>>>>>>fingerprints ${fingerprint} >>>>>>>>>>>>>\n`;
  const text = lines.map((line) => `${line}\n`).join('');
  return latin1(`${head}${text}<<<<<<<<<<fingerprints ${fingerprint} <<<<<<<<<<\n\n\n`);
}

/** What every log says of a fragment, encoded once. */
interface Block {
  readonly fingerprint: string;
  readonly nLines: number;
  /** For the shard's texts. */
  readonly text: Uint8Array;
  /** The block's first line, and its first place in a sample. */
  readonly begin: Uint8Array;
  /** A place in a training file. */
  readonly trainPlace: Uint8Array;
}

interface Places {
  /** `[row,firstLine,lastLine]` each, with commas between. */
  readonly text: string;
  readonly n: number;
}

/** The shard's log; where each training place of a block of the log really is; and the fragments' texts. */
class ShardFiles {
  readonly #log: TextWriter;
  readonly #places: TextWriter;
  readonly #texts: TextWriter;
  #nBlocks = 0;
  #nLines = 0;

  constructor(
    at: Pick<ShardExport, 'folder' | 'logs'> & { readonly index: number; readonly chunkBytes: number },
  ) {
    const { folder, index, logs, chunkBytes } = at;
    this.#log = folder.open(join(logs, `${index}.log`), chunkBytes);
    this.#places = folder.open(join(logs, `${index}.places.jsonl`), chunkBytes);
    this.#texts = folder.open(join(logs, 'analyze', `${index}.txt`), chunkBytes);
  }

  /** `samples` are the lines of the log that follow the first place in a sample. */
  write(block: Block, samples: readonly string[], places: Places): void {
    this.#texts.writeBytes(block.text);
    this.#log.writeBytes(block.begin);
    for (const line of samples) this.#log.write(line);
    for (let i = 0; i < places.n; i++) this.#log.writeBytes(block.trainPlace);
    this.#places.write(`{"fingerprint":"${block.fingerprint}","places":[${places.text}]}\n`);
    this.#nBlocks++;
    this.#nLines += block.nLines * (1 + samples.length + places.n);
  }

  end(): void {
    // Some of its scripts keep a block when they meet the next one, others when they meet the summary, as Simian prints it: so the last
    // block is one without places, which is no fragment.
    this.#log.line(blockHead({ nLines: 1, fingerprint: '0'.repeat(32) }));
    this.#log.line(`Found ${this.#nLines} duplicate lines in ${this.#nBlocks} blocks in 2 files`);
    for (const file of [this.#log, this.#places, this.#texts]) file[Symbol.dispose]();
  }
}

function placesByShard(places: readonly TrainPlaceRow[]): ReadonlyMap<number, Places> {
  const byShard = new Map<number, { text: string; n: number }>();
  for (const [id, first, last] of places) {
    const { shard, row } = splitDocumentId(id);
    const place = `[${row},${first},${last}]`;
    const known = byShard.get(shard);
    if (known) {
      known.text += `,${place}`;
      known.n++;
    } else byShard.set(shard, { text: place, n: 1 });
  }
  return byShard;
}

/** The training rows with a match, for the places to be looked up in. */
function exportDocuments(
  db: Database,
  { folder, logs, showPlace }: Pick<ShardExport, 'folder' | 'logs' | 'showPlace'>,
  shards: readonly { readonly index: number }[],
): void {
  const rowsOf = openShardRows(db);
  for (const { index } of shards) {
    using file = folder.open(join(logs, `${index}.documents.jsonl`));
    for (const document of rowsOf(index)) {
      file.line(Buffer.from(rawText(JSON.stringify(showPlace(document)))).toString('latin1'));
    }
  }
}
