// The logs of a published run, brought together: each fragment with its distinct places. The same place in
// another shard's log (a sample's) or in another chunk's (a training file's) is one place.

import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { has, listOf, mapOf, parseJson, type Shape, text, whole } from '../../json-shape.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { logFiles } from './layout.ts';
import { type LogBlock, parseSimianLog } from './simian-log.ts';

export interface ImportedDocument {
  readonly shard: number;
  readonly row: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

export interface ImportedTrainPlace {
  readonly document: ImportedDocument;
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface ImportedFragment {
  readonly fingerprint: string;
  readonly nLines: number;
  /**
   * Distinct places in samples: for each merged file, the last line of a place by its first line. Plain numbers, because
   * there are millions.
   */
  readonly samplePlaces: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Distinct places in training files. */
  readonly trainPlaces: readonly ImportedTrainPlace[];
}

/** A fragment of which only the statistics are left. */
export interface ImportedCounts {
  readonly fingerprint: string;
  readonly train: number;
  readonly extract: number;
  readonly nLines: number;
  /** From `analyze/all.txt`; empty where that is gone too. */
  readonly lines: readonly string[];
}

export interface ImportedPlaces {
  readonly fragments: ReadonlyMap<string, ImportedFragment>;
  readonly documents: readonly ImportedDocument[];
  /** Numbers of the shards that have a log. */
  readonly shards: readonly number[];
}

/** `logs`: the folders that hold the run's logs. */
export function importPlaces(folder: ForeignFolder, logs: readonly string[]): ImportedPlaces {
  const fragments = new Map<string, OpenFragment>();
  const documents = new Map<string, ImportedDocument>();
  const shards = new Set<number>();
  const know = (document: ImportedDocument): ImportedDocument => {
    const key = `${document.shard}:${document.row}`;
    const known = documents.get(key);
    if (!known) documents.set(key, document);
    return known ?? document;
  };
  for (const { shard, path } of logFiles(folder, logs)) {
    shards.add(shard);
    using own = readOwnPlaces(folder, path, shard);
    for (const document of own?.documents.values() ?? []) know(document);
    for (const block of parseSimianLog(path, folder.lines(path))) {
      const known = fragments.get(block.fingerprint) ?? new OpenFragment(block);
      const inTrain = block.places.filter(({ side }) => side === 'train');
      for (const { side, path: merged, firstLine, lastLine } of block.places)
        if (side === 'samples') known.addSamplePlace(nameOf(merged), firstLine, lastLine);
      const noted = own?.next(block.fingerprint, inTrain.length);
      if (noted) for (const place of noted) known.trainPlaces.push(place);
      else {
        for (const { path: name, firstLine, lastLine } of inTrain) {
          const document = know({ shard, row: 0, repository: '', path: name, license: '' });
          known.addTrainPlace({ document, firstLine, lastLine });
        }
      }
      // Lines that only the samples share, or only the training files, are no fragment.
      const isShared = inTrain.length > 0 && inTrain.length < block.places.length;
      if (isShared) fragments.set(known.fingerprint, known);
    }
  }
  return { fragments, documents: [...documents.values()], shards: [...shards].sort((a, b) => a - b) };
}

/** A fragment while logs are read. The same place may stand in several: in other shards', or other chunks'. */
class OpenFragment implements ImportedFragment {
  readonly fingerprint: string;
  readonly nLines: number;
  readonly samplePlaces = new Map<string, Map<number, number>>();
  readonly trainPlaces: ImportedTrainPlace[] = [];
  /** First lines in training files, by shard. */
  readonly #seen = new Map<number, Set<number>>();

  constructor({ fingerprint, nLines }: Pick<LogBlock, 'fingerprint' | 'nLines'>) {
    // Copied, because a part of a string keeps the whole alive, which is a piece of the log.
    this.fingerprint = Buffer.from(fingerprint, 'latin1').toString('latin1');
    this.nLines = nLines;
  }

  addSamplePlace(merged: string, firstLine: number, lastLine: number): void {
    const lines = this.samplePlaces.get(merged);
    if (lines) lines.set(firstLine, lastLine);
    else this.samplePlaces.set(merged, new Map([[firstLine, lastLine]]));
  }

  addTrainPlace(place: ImportedTrainPlace): void {
    const { shard } = place.document;
    const seen = this.#seen.get(shard) ?? new Set();
    if (seen.has(place.firstLine)) return;
    this.#seen.set(shard, seen.add(place.firstLine));
    this.trainPlaces.push(place);
  }
}

const nameOf = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/**
 * `stats/memorization.json`, for a run whose logs are gone. Its `extract` may have been summed once per shard:
 * that cannot be told from the file. Chunks of one run search the same training data, so that only `extract` adds up.
 */
export function importCounts(folder: ForeignFolder, logs: readonly string[]): readonly ImportedCounts[] {
  const found = new Map<string, ImportedCounts>();
  for (const at of logs) {
    const path = join(at, 'stats', 'memorization.json');
    if (!folder.has(path)) continue;
    const isCounts = mapOf(has<PublishedCounts>({ train: whole, extract: whole, len: whole }));
    const what = 'a map from fingerprints to train, extract and len';
    const counts = folder.json<Record<string, PublishedCounts>>(path, isCounts, what);
    const texts = readTexts(folder, join(at, 'analyze', 'all.txt'));
    for (const [fingerprint, { train, extract, len }] of Object.entries(counts)) {
      const known = found.get(fingerprint);
      found.set(fingerprint, {
        fingerprint,
        train: Math.max(train, known?.train ?? 0),
        extract: extract + (known?.extract ?? 0),
        nLines: len,
        lines: known?.lines.length ? known.lines : (texts.get(fingerprint) ?? []),
      });
    }
  }
  return [...found.values()];
}

interface PublishedCounts {
  readonly train: number;
  readonly extract: number;
  readonly len: number;
}

/** The first text of each fragment. */
function readTexts(folder: ForeignFolder, path: string): ReadonlyMap<string, readonly string[]> {
  const texts = new Map<string, readonly string[]>();
  if (!folder.has(path)) return texts;
  let open: { fingerprint: string; lines: string[] } | undefined;
  for (const line of folder.lines(path)) {
    const start = /^>{10}fingerprints ([0-9a-f]{32}) >{13}$/.exec(line);
    if (start) open = { fingerprint: start[1]!, lines: [] };
    // A text that does not end its last line has the mark behind it on that line.
    else if (open && /(?:\+{4}|<{10})fingerprints [0-9a-f]{32} /.test(line)) {
      const rest = line.slice(0, line.search(/(?:\+{4}|<{10})fingerprints /));
      if (!texts.has(open.fingerprint))
        texts.set(open.fingerprint, rest === '' ? open.lines : [...open.lines, rest]);
      open = undefined;
    } else open?.lines.push(line);
  }
  return texts;
}

/** The real training places of a log, as our own export notes it beside the log. */
interface OwnPlaces extends Disposable {
  readonly documents: ReadonlyMap<number, ImportedDocument>;
  /** Those of the log's next block, which has so many. */
  next(fingerprint: string, nPlaces: number): readonly ImportedTrainPlace[];
}

function readOwnPlaces(folder: ForeignFolder, log: string, shard: number): OwnPlaces | undefined {
  const beside = (name: string) => log.replace(/\.log$/, name);
  if (!folder.has(beside('.places.jsonl'))) return undefined;
  const documents = new Map<number, ImportedDocument>();
  for (const line of folder.lines(beside('.documents.jsonl'))) {
    const document = parseJson<OwnDocument>(Buffer.from(line, 'latin1').toString(), has(ownDocument));
    if (document === undefined) throw unlike(beside('.documents.jsonl'), 'a document');
    const { row, repository, path, license } = document;
    documents.set(row, { row, repository, path, license, shard });
  }
  const lines = folder.lines(beside('.places.jsonl'));
  return {
    documents,
    [Symbol.dispose]: () => lines.return(undefined),
    next(fingerprint, nPlaces) {
      if (nPlaces === 0) return [];
      const { value, done } = lines.next();
      const noted = done ? undefined : parseJson<BlockPlaces>(value, has(blockPlaces));
      const places = noted?.places.flatMap(([row, firstLine, lastLine]) => {
        const document = documents.get(row);
        const isPlace = document && firstLine >= 1 && lastLine >= firstLine;
        return isPlace ? [{ document, firstLine, lastLine }] : [];
      });
      if (noted?.fingerprint === fingerprint && places?.length === nPlaces) return places;
      throw new UserError(`${log} does not fit the places beside it`, {
        action: 'Delete the .places.jsonl files to import without them, or bring the export whole.',
      });
    },
  };
}

interface BlockPlaces {
  readonly fingerprint: string;
  readonly places: readonly (readonly [row: number, firstLine: number, lastLine: number])[];
}

const isPlace = listOf(whole);

const blockPlaces: Shape<BlockPlaces> = {
  fingerprint: text,
  places: listOf((place) => isPlace(place) && (place as readonly number[]).length === 3),
};

type OwnDocument = Omit<ImportedDocument, 'shard'>;

const ownDocument: Shape<OwnDocument> = {
  row: (value) => whole(value) && (value as number) < 2 ** 32,
  repository: text,
  path: text,
  license: text,
};

const unlike = (path: string, what: string) =>
  new UserError(`${path} has a line that is not ${what}`, { action: 'Bring the export whole.' });
