// What the logs of a published run say, to be asked: each fragment with its distinct places. The same place in another shard's log (a
// sample's) or in another chunk's (a training file's) is one place.

import { DistinctLines } from './distinct-lines.ts';
import { fingerprintTexts } from './fingerprints.ts';
import { type GatheredPlaces, NAMED } from './gather-places.ts';
import { ImportedDocuments } from './imported-documents.ts';
import { PackedPlaces } from './packed-places.ts';

export interface ImportedFragment {
  readonly fingerprint: string;
  readonly nLines: number;
}

/** `file` is the merged file's name. */
type VisitSamplePlace = (file: string, firstLine: number, lastLine: number) => void;
type VisitTrainPlace = (document: number, firstLine: number, lastLine: number) => void;

export class ImportedPlaces {
  /** In the order in which the logs name them; a fragment's number is its index. */
  readonly fragments: readonly ImportedFragment[];
  readonly documents: ImportedDocuments;
  /** Numbers of the shards that have a log. */
  readonly shards: readonly number[];
  readonly #files: readonly string[];
  readonly #inTrain: PackedPlaces;
  #inSamples: PackedPlaces;
  readonly #hasNamed: boolean;
  /** Those of the fragment that is asked for, keyed by the names of merged files. */
  readonly #lines = new Map<string, DistinctLines>();

  constructor(gathered: GatheredPlaces) {
    const { fingerprints, nLines, documents, shards, files, inTrain, inSamples, hasNamed } = gathered;
    this.fragments = fingerprintTexts(fingerprints).map((fingerprint, i) => ({
      fingerprint,
      nLines: nLines[i]!,
    }));
    this.documents = new ImportedDocuments(documents);
    this.shards = shards;
    this.#files = files;
    this.#inTrain = new PackedPlaces(inTrain);
    this.#inSamples = new PackedPlaces(inSamples);
    this.#hasNamed = hasNamed;
  }

  /** No fewer than the distinct ones in samples. */
  get nSamplePlaces(): number {
    return this.#inSamples.length;
  }

  /** Gives `visit` the distinct places in samples, merged file by merged file. In one a place is told by its first line. */
  visitSamplePlaces(fragment: number, visit: VisitSamplePlace): void {
    const found = new Map<string, DistinctLines>();
    let file = -1;
    let lines: DistinctLines | undefined;
    this.#inSamples.each(fragment, (whose, firstLine, lastLine) => {
      if (whose !== file || !lines) {
        const name = this.#files[whose]!;
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

  /** They are not asked for any more. */
  forgetSamplePlaces(): void {
    this.#inSamples = new PackedPlaces();
    this.#lines.clear();
  }

  /** Gives `visit` the distinct places in training files, the first `most` of them; `document` is a number. */
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
        const shard = this.documents.shardOf(document);
        const lines = seen.get(shard) ?? new Set();
        if (lines.has(firstLine)) return;
        seen.set(shard, lines.add(firstLine));
      }
      if (left-- > 0) visit(document, firstLine, lastLine);
    });
  }
}
