// What the statistics of a published run say of its fragments, for a run whose logs are gone.

import { join } from 'node:path';
import { has, mapOf, whole } from '../../json-shape.ts';
import type { ForeignFolder } from '../foreign-folder.ts';

/** A fragment of which only the statistics are left. */
export interface ImportedCounts {
  readonly fingerprint: string;
  readonly train: number;
  readonly extract: number;
  readonly nLines: number;
  /** From `analyze/all.txt`; empty where that is gone too. */
  readonly lines: readonly string[];
}

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
