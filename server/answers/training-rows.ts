// The training rows that hold a fragment: what to remove from a data set, or to unlearn.

import { forJson } from '../../guard/text/for-json.ts';
import { type Foreign, rawText } from '../../guard/text/foreign.ts';
import { maskBy, maskNames } from '../sensitive/mask-names.ts';
import { readRegionRows } from '../store/maps/map-reader.ts';
import {
  openFingerprintsInDocument,
  openUnlistedPlaces,
  readMatchedRows,
} from '../store/matched-documents.ts';
import type { Database } from '../store/study-file.ts';
import type { ShowPlace } from './disclosed-names.ts';

export interface TrainingRow {
  readonly shard: Foreign;
  /** 0-based in its shard. */
  readonly row: number;
  readonly repo_name: Foreign;
  readonly path: Foreign;
  readonly license: Foreign;
  /** Fingerprints, among the places that the study keeps. */
  readonly fragments: readonly string[];
}

/**
 * Rows in corpus order. Without a choice of fragments they are all of the rows with a match, also beyond the
 * places that are kept of a fragment.
 */
export function* listTrainingRows(db: Database, chosen: ReadonlySet<string> | null): Generator<TrainingRow> {
  const fingerprintsIn = openFingerprintsInDocument(db);
  for (const { documentId, shard, row, repository, path, license } of readMatchedRows(db)) {
    const all = fingerprintsIn(documentId);
    const held = chosen ? all.filter((fingerprint) => chosen.has(fingerprint)) : all;
    if (chosen && held.length === 0) continue;
    yield { shard, row, repo_name: repository, path, license, fragments: held };
  }
}

/** Rows of an extraction map that could be drawn out in part: those that hold a region. */
export function* listExposedRows(db: Database, chosen: ReadonlySet<string> | null): Generator<TrainingRow> {
  for (const { provenance, fingerprints } of readRegionRows(db)) {
    const { shard, row, repository, path, license } = provenance;
    const held = fingerprints.filter((fingerprint) => chosen?.has(fingerprint) ?? true);
    if (held.length > 0) yield { shard, row, repo_name: repository, path, license, fragments: held };
  }
}

/** Rows as JSON, each a line without its end. */
export function* rowLines(rows: Iterable<TrainingRow>, showPlace: ShowPlace): Generator<string> {
  for (const row of rows) {
    const { repo_name, ...rest } = row;
    const { repository, ...shown } = showPlace({ ...rest, repository: repo_name });
    // In the order of the row.
    yield forJson({ ...row, ...shown, repo_name: repository });
  }
}

/** A row is found by its shard and number, so its names may be masked. */
export async function maskRows(rows: readonly TrainingRow[]): Promise<readonly TrainingRow[]> {
  const names = rows.flatMap(({ repo_name, path, license }) => [repo_name, path, license].map(rawText));
  const mask = maskBy(await maskNames(names));
  return rows.map((row) => ({
    ...row,
    repo_name: mask(row.repo_name),
    path: mask(row.path),
    license: mask(row.license),
  }));
}

/** How many occurrences of these fragments lie beyond the places that are kept. */
export function countUnlistedPlaces(db: Database, chosen: ReadonlySet<string>): number {
  const unlistedOf = openUnlistedPlaces(db);
  return [...chosen].reduce((sum, fingerprint) => sum + unlistedOf(fingerprint), 0);
}
