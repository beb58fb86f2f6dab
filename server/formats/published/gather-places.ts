// Reads the logs of a published run and brings together what they say: each fragment with its places. It is what takes longest of an
// import, so another thread may do it: what is gathered are numbers and bytes, which move from one to the other.

import { GrowingUint32 } from '../../engine/growing-array.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { Fingerprints } from './fingerprints.ts';
import { GrowingDocuments, type ImportedDocument, type PackedDocuments } from './imported-documents.ts';
import { logFiles } from './layout.ts';
import { OwnPlaces } from './own-places.ts';
import { PackedPlaces, type PagesOfPlaces } from './packed-places.ts';
import { type LogBlock, LogFiles, type LogPlaces, parseSimianLog } from './simian-log.ts';

/** Fragments are numbered from 0, in the order in which the logs name them. */
export interface GatheredPlaces {
  /** Each fragment's fingerprint, and its lines. */
  readonly fingerprints: Uint32Array;
  readonly nLines: readonly number[];
  readonly documents: PackedDocuments;
  /** Numbers of the shards that have a log, in order. */
  readonly shards: readonly number[];
  /** Names of the files of the logs; a place in samples has the index of its own. */
  readonly files: readonly string[];
  readonly inSamples: PagesOfPlaces;
  /** A place has `NOTED` or `NAMED` and twice the number of its document. */
  readonly inTrain: PagesOfPlaces;
  /** Whether some are `NAMED`. */
  readonly hasNamed: boolean;
}

/** Whether a place is known from what lies beside the log, or from the log alone. */
const NOTED = 1;
export const NAMED = 0;

/** `logs`: the folders that hold the run's logs. */
export function gatherPlaces(folder: ForeignFolder, logs: readonly string[]): GatheredPlaces {
  const gathering = new GatheringPlaces();
  for (const { shard, path } of logFiles(folder, logs)) gathering.addLog(folder, path, shard);
  return gathering.gathered();
}

const NONE = 0xffffffff;

class GatheringPlaces {
  readonly #nLines: number[] = [];
  readonly #fragmentWords = new GrowingUint32();
  readonly #documents = new GrowingDocuments();
  readonly #shards = new Set<number>();
  readonly #fingerprints = new Fingerprints();
  /** For each fingerprint its fragment's number, or `NONE`. */
  readonly #numbers = new GrowingUint32();
  /** Numbers of the documents of one shard, by row: its logs follow each other. */
  #rows = new Map<number, number>();
  #shardOfRows = -1;
  readonly #files = new LogFiles();
  readonly #inSamples = new PackedPlaces();
  readonly #inTrain = new PackedPlaces();
  #hasNamed = false;

  gathered(): GatheredPlaces {
    return {
      fingerprints: this.#fragmentWords.view(),
      nLines: this.#nLines,
      documents: this.#documents.pack(),
      shards: [...this.#shards],
      files: this.#files.names(),
      inSamples: this.#inSamples.toPages(),
      inTrain: this.#inTrain.toPages(),
      hasNamed: this.#hasNamed,
    };
  }

  addLog(folder: ForeignFolder, path: string, shard: number): void {
    this.#shards.add(shard);
    using own = OwnPlaces.beside(folder, path, this.#fingerprints);
    if (!own) this.#hasNamed = true;
    const rows = own && new Map<number, number>();
    for (const document of own?.documents() ?? [])
      rows!.set(document.row, this.#know({ shard, ...document }));
    const keep = (row: number, firstLine: number, lastLine: number) => {
      const document = rows!.get(row);
      const isPlace = document !== undefined && firstLine >= 1 && lastLine >= firstLine;
      if (isPlace) this.#inTrain.push(2 * document + NOTED, firstLine, lastLine);
      return isPlace;
    };
    for (const block of parseSimianLog(path, folder.pieces(path), this.#files, this.#fingerprints)) {
      const nInTrain = this.#pushSamplePlaces(block.places);
      own?.next(block.fingerprint, nInTrain, keep);
      if (!own) this.#pushTrainPlaces(block.places, shard);
      const number = this.#numberOf(block, nInTrain);
      if (number === undefined) {
        this.#inSamples.dropRun();
        this.#inTrain.dropRun();
        continue;
      }
      this.#inSamples.keepNewRun(number);
      if (own) this.#inTrain.keepRun(number);
      else this.#inTrain.keepNewRun(number);
    }
  }

  /** Returns how many of the block's places are in training files. */
  #pushSamplePlaces({ files, firstLines, lastLines }: LogPlaces): number {
    let nInTrain = 0;
    let [latest, isInTrain] = [-1, false];
    for (let i = 0; i < files.length; i++) {
      const file = files.get(i);
      if (file !== latest) [latest, isInTrain] = [file, this.#files.at(file).side === 'train'];
      if (isInTrain) nInTrain++;
      else this.#inSamples.push(file, firstLines.get(i), lastLines.get(i));
    }
    return nInTrain;
  }

  /** One training file is known of such a log at most. */
  #pushTrainPlaces({ files, firstLines, lastLines }: LogPlaces, shard: number): void {
    let document: number | undefined;
    for (let i = 0; i < files.length; i++) {
      const { side, path } = this.#files.at(files.get(i));
      if (side === 'samples') continue;
      document ??= this.#know({ shard, row: 0, repository: '', path, license: '' });
      this.#inTrain.push(2 * document + NAMED, firstLines.get(i), lastLines.get(i));
    }
  }

  /** Undefined for what is no fragment: lines that only the samples share, or only the training files. */
  #numberOf({ fingerprint, nLines, places }: LogBlock, nInTrain: number): number | undefined {
    while (this.#numbers.length <= fingerprint) this.#numbers.push(NONE);
    const known = this.#numbers.get(fingerprint);
    if (known !== NONE) return known;
    const isShared = nInTrain > 0 && nInTrain < places.files.length;
    if (!isShared) return undefined;
    for (const word of this.#fingerprints.words(fingerprint)) this.#fragmentWords.push(word);
    const number = this.#nLines.push(nLines) - 1;
    this.#numbers.set(fingerprint, number);
    return number;
  }

  /** The number of a document. */
  #know(document: ImportedDocument): number {
    if (document.shard !== this.#shardOfRows) this.#rows = new Map();
    this.#shardOfRows = document.shard;
    const known = this.#rows.get(document.row);
    if (known !== undefined) return known;
    const number = this.#documents.push(document);
    this.#rows.set(document.row, number);
    return number;
  }
}
