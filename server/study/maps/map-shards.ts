// Reads shards for a map: documents become tokens, tokens rows, rows batches, and what the model says of them a shard's
// result. Rows of several documents share a batch, and a shard's last batches may be small.

import type { DataProblem } from '../../../protocol/errors.ts';
import type { ColumnNames } from '../../../protocol/study.ts';
import { countWindows } from '../../analysis/map-windows.ts';
import type { CorpusDocument } from '../../corpus/corpus-document.ts';
import { type FileCounts, FileTally } from '../../corpus/file-tally.ts';
import { readDocuments } from '../../corpus/read-documents.ts';
import type { Shard } from '../../corpus/shard.ts';
import type { RestartPoint } from '../../engine/detection.ts';
import { LowestRanks } from '../../engine/lowest-ranks.ts';
import type { DrawnWindow, MappedDocument, MappedShard } from '../../engine/mapped-shard.ts';
import type { MapRow } from '../../sampling/forms/map/rows.ts';
import type { MapReader } from '../../sampling/map-model.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';
import { type Encoder, openEncoder } from '../../sampling/tokenizer/open-encoder.ts';
import { decodeTokens, tokenLengths } from '../../sampling/tokenizer/token-bytes.ts';
import { documentId } from '../../store/schema.ts';
import { type DocumentShape, MapDocument } from './map-document.ts';
import { MeasuredBytes } from './measured-bytes.ts';

export interface MapShardsRequest extends DocumentShape {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly reader: Pick<MapReader, 'openPacker' | 'read'>;
  /** Those that are not mapped yet. */
  readonly shards: readonly Shard[];
  /** Resolves once the shard's file is there, with what is to be read: it or a copy. */
  readonly ready: (shard: Shard) => Promise<Shard>;
  readonly signal: AbortSignal;
  /** Bytes on the disk that the model is done with since the last call. */
  readonly onBytes: (nBytes: number, shard: Shard) => void;
  /** Tokens that the model has told about since the last call. */
  readonly onTokens: (nTokens: number) => void;
}

export interface ShardMap {
  readonly shard: Shard;
  readonly mapped: MappedShard;
  readonly nRows: number;
  readonly contentBytes: number;
  readonly problems: readonly DataProblem[];
  readonly restartPoints: readonly RestartPoint[];
  /** What became of the files of a folder. */
  readonly files?: FileCounts;
  /** The columns that were read of rows. */
  readonly columns?: ColumnNames;
}

/** In the order of the shards. */
export async function* mapShards(request: MapShardsRequest): AsyncGenerator<ShardMap> {
  const { checkpoint, reader, signal } = request;
  using encoder = openEncoder(checkpoint.tokenizer, checkpoint.tokenBytes, { signal });
  const open = new Map<number, { readonly document: MapDocument; readonly of: OpenShard }>();
  const shards: OpenShard[] = [];
  let nDocuments = 0;
  async function* batches(): AsyncGenerator<readonly MapRow[], undefined> {
    for (const shard of request.shards) {
      const place = await request.ready(shard);
      const of = new OpenShard(shard, place, request);
      shards.push(of);
      const packer = reader.openPacker();
      for await (const document of of.read(request, encoder)) {
        const id = nDocuments++;
        of.nOpen++;
        open.set(id, { document, of });
        // All rows are cut before one is handed out: a document knows how many it waits for.
        for (const row of [...document.rows(id)]) {
          const full = packer.add(row);
          if (full) yield full;
        }
      }
      yield* packer.rest();
      of.isRead = true;
    }
  }
  const finished = function* () {
    while (shards[0]?.isRead && shards[0].nOpen === 0) yield shards.shift()!.finish();
  };
  if (request.shards.length === 0) return;
  const source = batches();
  try {
    for await (const results of reader.read(source)) {
      for (const result of results) {
        const { document, of } = open.get(result.document)!;
        if (!document.take(result)) continue;
        open.delete(result.document);
        of.add(document);
      }
      request.onTokens(results.reduce((sum, { plain }) => sum + plain.length, 0));
      yield* finished();
    }
    yield* finished();
  } finally {
    await source.return(undefined); // which closes the file that it stands in
  }
}

/** A shard of which some documents may still be with the model. */
class OpenShard {
  nOpen = 0;
  isRead = false;
  readonly #shard: Shard;
  readonly #place: Shard;
  readonly #documents: MappedDocument[] = [];
  readonly #problems: DataProblem[] = [];
  readonly #restartPoints: RestartPoint[] = [];
  readonly #files = new FileTally();
  readonly #drawn: LowestRanks<DrawnWindow>;
  readonly #progress: MeasuredBytes;
  #columns: ColumnNames | undefined;
  #nRows = 0;
  #contentBytes = 0;
  #nShort = 0;
  #nUnfaithful = 0;

  /** `place` is what is read: the shard, or a copy of it. */
  constructor(shard: Shard, place: Shard, { map, onBytes }: MapShardsRequest) {
    this.#shard = shard;
    this.#place = place;
    this.#drawn = new LowestRanks(map.examine);
    this.#progress = new MeasuredBytes(shard, (nBytes) => onBytes(nBytes, shard));
    for (const problem of shard.problems ?? []) this.#problems.push(problem);
  }

  /** The documents that are measured. */
  async *read(request: MapShardsRequest, encoder: Encoder): AsyncGenerator<MapDocument> {
    const { tokenBytes } = request.checkpoint;
    const documents = readDocuments(this.#place, {
      signal: request.signal,
      onBytes: (nBytes) => this.#progress.read(nBytes),
      onProblem: (problem) => this.#problems.push(problem),
      onFile: (fate, path) => this.#files.add(fate, path),
      onColumns: (present) => {
        this.#columns = present;
      },
      onRestartPoint: (point) => this.#restartPoints.push(point),
    });
    for await (const document of documents) {
      this.#nRows++;
      this.#contentBytes += document.text.length;
      const [ids = []] = await encoder.encode([document.text]);
      if (!isSame(document, decodeTokens(tokenBytes, ids))) this.#nUnfaithful++;
      else if (countWindows(ids.length, request.map) === 0) this.#nShort++;
      else yield new MapDocument(document, Int32Array.from(ids), tokenLengths(tokenBytes, ids), request);
    }
  }

  add(document: MapDocument): void {
    const mapped = document.finish();
    this.#documents.push(mapped);
    this.#drawn.add(document.drawWindows(documentId(this.#shard.index, mapped.row)));
    this.#progress.measured(mapped.byteOffset);
    this.nOpen--;
  }

  finish(): ShardMap {
    this.#progress.finish();
    return {
      shard: this.#shard,
      mapped: {
        documents: this.#documents.sort((a, b) => a.row - b.row),
        nShort: this.#nShort,
        nUnfaithful: this.#nUnfaithful,
        drawn: this.#drawn.list(),
      },
      nRows: this.#nRows,
      contentBytes: this.#contentBytes,
      problems: this.#problems,
      restartPoints: this.#restartPoints,
      ...(this.#shard.format === 'folder' ? { files: this.#files.all() } : {}),
      ...(this.#columns && { columns: this.#columns }),
    };
  }
}

const isSame = ({ text }: CorpusDocument, decoded: Uint8Array): boolean =>
  text.length === decoded.length && Buffer.compare(text, decoded) === 0;
