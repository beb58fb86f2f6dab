// The logs of a published run, brought together: each fragment with its distinct places. The same place in
// another shard's log (a sample's) or in another chunk's (a training file's) is one place.

import { GrowingUint32 } from '../../engine/growing-array.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { DistinctLines } from './distinct-lines.ts';
import { Fingerprints } from './fingerprints.ts';
import { logFiles } from './layout.ts';
import { type OwnDocument, OwnPlaces } from './own-places.ts';
import { PackedPlaces } from './packed-places.ts';
import { type LogBlock, LogFiles, type LogPlaces, parseSimianLog } from './simian-log.ts';

export interface ImportedDocument extends OwnDocument {
  readonly shard: number;
}

export interface ImportedFragment {
  readonly fingerprint: string;
  readonly nLines: number;
}

export interface ImportedPlaces {
  /** In the order in which the logs name them; a fragment's number is its index. */
  readonly fragments: readonly ImportedFragment[];
  readonly documents: readonly ImportedDocument[];
  /** Numbers of the shards that have a log. */
  readonly shards: readonly number[];
  /** No fewer than the distinct ones in samples. */
  readonly nSamplePlaces: number;
  /** Gives `visit` the distinct places in samples, merged file by merged file. In one a place is told by its first line. */
  visitSamplePlaces(fragment: number, visit: VisitSamplePlace): void;
  /** They are not asked for any more. */
  forgetSamplePlaces(): void;
  /** Gives `visit` the distinct places in training files, the first `most` of them; `document` is an index. */
  visitTrainPlaces(fragment: number, visit: VisitTrainPlace, most?: number): void;
}

/** `file` is the merged file's name. */
type VisitSamplePlace = (file: string, firstLine: number, lastLine: number) => void;
type VisitTrainPlace = (document: number, firstLine: number, lastLine: number) => void;

/** `logs`: the folders that hold the run's logs. */
export function importPlaces(folder: ForeignFolder, logs: readonly string[]): ImportedPlaces {
  const gathered = new GatheredPlaces();
  for (const { shard, path } of logFiles(folder, logs)) gathered.addLog(folder, path, shard);
  gathered.end();
  return gathered;
}

/** Whether the rest of a place's `whose` is known from what lies beside the log, or from the log alone. */
const NOTED = 1;
const NAMED = 0;

const NONE = 0xffffffff;

class GatheredPlaces implements ImportedPlaces {
  readonly fragments: ImportedFragment[] = [];
  readonly documents: ImportedDocument[] = [];
  readonly #shards = new Set<number>();
  readonly #fingerprints = new Fingerprints();
  /** For each fingerprint its fragment's number, or `NONE`. */
  readonly #numbers = new GrowingUint32();
  /** Numbers of documents by shard and row. */
  readonly #rows = new Map<number, Map<number, number>>();
  /** Repositories and licences, which many documents share. */
  readonly #names = new Map<string, string>();
  readonly #files = new LogFiles();
  /** Those of the fragment that is asked for, keyed by the names of merged files. */
  readonly #lines = new Map<string, DistinctLines>();
  #inSamples = new PackedPlaces();
  readonly #inTrain = new PackedPlaces();
  #hasNamed = false;

  get shards(): readonly number[] {
    return [...this.#shards].sort((a, b) => a - b);
  }

  get nSamplePlaces(): number {
    return this.#inSamples.length;
  }

  visitSamplePlaces(fragment: number, visit: VisitSamplePlace): void {
    const found = new Map<string, DistinctLines>();
    let file = -1;
    let lines: DistinctLines | undefined;
    this.#inSamples.each(fragment, (whose, firstLine, lastLine) => {
      if (whose !== file || !lines) {
        const { name } = this.#files.at(whose);
        lines = found.get(name) ?? this.#emptyLines(name);
        found.set(name, lines);
        file = whose;
      }
      lines.add(firstLine, lastLine);
    });
    for (const [name, lines] of found) lines.each((firstLine, lastLine) => visit(name, firstLine, lastLine));
  }

  #emptyLines(file: string): DistinctLines {
    const lines = this.#lines.get(file) ?? new DistinctLines();
    this.#lines.set(file, lines);
    lines.clear();
    return lines;
  }

  forgetSamplePlaces(): void {
    this.#inSamples = new PackedPlaces();
  }

  visitTrainPlaces(fragment: number, visit: VisitTrainPlace, most = Number.POSITIVE_INFINITY): void {
    // What is noted beside a log are distinct places already.
    if (!this.#hasNamed) {
      this.#inTrain.each(
        fragment,
        (whose, firstLine, lastLine) => visit(whose >>> 1, firstLine, lastLine),
        most,
      );
      return;
    }
    const seen = new Map<number, Set<number>>();
    let left = most;
    this.#inTrain.each(fragment, (whose, firstLine, lastLine) => {
      const document = whose >>> 1;
      if (whose % 2 === NAMED) {
        const { shard } = this.documents[document]!;
        const lines = seen.get(shard) ?? new Set();
        if (lines.has(firstLine)) return;
        seen.set(shard, lines.add(firstLine));
      }
      if (left-- > 0) visit(document, firstLine, lastLine);
    });
  }

  addLog(folder: ForeignFolder, path: string, shard: number): void {
    this.#shards.add(shard);
    using own = OwnPlaces.beside(folder, path, this.#fingerprints);
    if (!own) this.#hasNamed = true;
    const rows = own && new Map<number, number>();
    for (const { row, repository, path, license } of own?.documents() ?? []) {
      const [knownRepository, knownLicense] = [this.#once(repository), this.#once(license)];
      // Written out: a copy of what JSON gave takes twice the memory.
      rows!.set(row, this.#know({ shard, row, repository: knownRepository, path, license: knownLicense }));
    }
    for (const block of parseSimianLog(path, folder.pieces(path), this.#files, this.#fingerprints)) {
      const nInTrain = this.#pushSamplePlaces(block.places);
      own?.next(block.fingerprint, nInTrain, (row, firstLine, lastLine) => {
        const document = rows!.get(row);
        const isPlace = document !== undefined && firstLine >= 1 && lastLine >= firstLine;
        if (isPlace) this.#inTrain.push(2 * document + NOTED, firstLine, lastLine);
        return isPlace;
      });
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

  /** Lets go of what only logs need. */
  end(): void {
    this.#rows.clear();
  }

  /** Returns how many of the block's places are in training files. */
  #pushSamplePlaces({ files, firstLines, lastLines }: LogPlaces): number {
    let nInTrain = 0;
    for (let i = 0; i < files.length; i++) {
      if (this.#files.at(files.get(i)).side === 'train') nInTrain++;
      else this.#inSamples.push(files.get(i), firstLines.get(i), lastLines.get(i));
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
    const number = this.fragments.push({ fingerprint: this.#fingerprints.text(fingerprint), nLines }) - 1;
    this.#numbers.set(fingerprint, number);
    return number;
  }

  /** The number of a document. */
  #know(document: ImportedDocument): number {
    const rows = this.#rows.get(document.shard) ?? new Map<number, number>();
    if (rows.size === 0) this.#rows.set(document.shard, rows);
    const known = rows.get(document.row);
    if (known !== undefined) return known;
    const number = this.documents.push(document) - 1;
    rows.set(document.row, number);
    return number;
  }

  #once(name: string): string {
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, name);
    return known ?? name;
  }
}
