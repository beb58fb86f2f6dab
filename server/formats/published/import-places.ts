// The logs of a published run, brought together: each fragment with its distinct places. The same place in
// another shard's log (a sample's) or in another chunk's (a training file's) is one place.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { logFiles } from './layout.ts';
import { parseSimianLog } from './simian-log.ts';
import { readLines } from './text-lines.ts';

/** Where a training place really is, as our own export notes it beside the log. */
export interface PlaceProvenance {
  readonly fingerprint: string;
  readonly row: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface ImportedTrainPlace extends Omit<PlaceProvenance, 'fingerprint'> {
  readonly shard: number;
}

export interface ImportedFragment {
  readonly fingerprint: string;
  readonly nLines: number;
  /** Distinct; `merged` is the merged file's name, lines are its own. */
  readonly samplePlaces: Map<
    string,
    { readonly merged: string; readonly firstLine: number; readonly lastLine: number }
  >;
  /** Distinct. */
  readonly trainPlaces: Map<string, ImportedTrainPlace>;
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
  /** Numbers of the shards that have a log. */
  readonly shards: readonly number[];
}

export function importPlaces(logs: string): ImportedPlaces {
  const fragments = new Map<string, ImportedFragment>();
  const shards = new Set<number>();
  for (const { shard, path } of logFiles(logs)) {
    shards.add(shard);
    const provenance = readProvenance(path.replace(/\.log$/, '.provenance.jsonl'));
    for (const block of parseSimianLog(readLines(path))) {
      const { fingerprint, nLines } = block;
      const isShared = new Set(block.places.map(({ side }) => side)).size === 2;
      const known: ImportedFragment = fragments.get(fingerprint) ?? {
        fingerprint,
        nLines,
        samplePlaces: new Map(),
        trainPlaces: new Map(),
      };
      for (const place of block.places) {
        const { firstLine, lastLine } = place;
        if (place.side === 'samples') {
          const merged = place.path.replace(/^.*[/\\]/, '');
          known.samplePlaces.set(`${merged}:${firstLine}`, { merged, firstLine, lastLine });
          continue;
        }
        const noted = provenance && nextProvenance(provenance, fingerprint, path);
        const train = noted
          ? { ...noted, shard }
          : { shard, row: 0, repository: '', path: place.path, license: '', firstLine, lastLine };
        known.trainPlaces.set(`${shard}:${train.row}:${train.firstLine}`, train);
      }
      // Lines that only the samples share, or only the training files, are no fragment.
      if (isShared) fragments.set(fingerprint, known);
    }
  }
  return { fragments, shards: [...shards].sort((a, b) => a - b) };
}

/**
 * `stats/memorization.json`, for a run whose logs are gone. Its `extract` may have been summed once per shard:
 * that cannot be told from the file.
 */
export function importCounts(logs: string): readonly ImportedCounts[] {
  const path = join(logs, 'stats', 'memorization.json');
  if (!existsSync(path)) return [];
  const counts = JSON.parse(readFileSync(path, 'utf8')) as Record<
    string,
    { train: number; extract: number; len: number }
  >;
  const texts = readTexts(join(logs, 'analyze', 'all.txt'));
  return Object.entries(counts).map(([fingerprint, { train, extract, len }]) => ({
    fingerprint,
    train,
    extract,
    nLines: len,
    lines: texts.get(fingerprint) ?? [],
  }));
}

/** The first text of each fragment. */
function readTexts(path: string): ReadonlyMap<string, readonly string[]> {
  const texts = new Map<string, readonly string[]>();
  if (!existsSync(path)) return texts;
  let open: { fingerprint: string; lines: string[] } | undefined;
  for (const line of readLines(path)) {
    const start = /^>{10}fingerprints ([0-9a-f]{32}) >{13}$/.exec(line);
    if (start) open = { fingerprint: start[1]!, lines: [] };
    // A text that does not end its last line has the mark behind it on that line.
    else if (open && /(?:\+{4}|<{10})fingerprints [0-9a-f]{32} /.test(line)) {
      const rest = line.replace(/(?:\+{4}|<{10})fingerprints .*$/, '');
      if (!texts.has(open.fingerprint))
        texts.set(open.fingerprint, rest === '' ? open.lines : [...open.lines, rest]);
      open = undefined;
    } else open?.lines.push(line);
  }
  return texts;
}

function readProvenance(path: string): Iterator<string> | undefined {
  return existsSync(path) ? readLines(path) : undefined;
}

function nextProvenance(
  lines: Iterator<string>,
  fingerprint: string,
  log: string,
): Omit<PlaceProvenance, 'fingerprint'> {
  const { value, done } = lines.next();
  const noted = done ? undefined : (JSON.parse(Buffer.from(value, 'latin1').toString()) as PlaceProvenance);
  if (noted?.fingerprint !== fingerprint) {
    throw new UserError(`${log} does not fit the provenance beside it`, {
      action: 'Delete the .provenance.jsonl files to import without it, or bring the export whole.',
    });
  }
  const { fingerprint: _, ...place } = noted;
  return place;
}
