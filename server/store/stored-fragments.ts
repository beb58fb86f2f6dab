// Rows of table `fragments`, for whoever goes through many: one in memory at a time, or a page.

import type { SQLOutputValue } from 'node:sqlite';
import type { FragmentRow } from '../../protocol/fragments.ts';
import type { Database } from './study-file.ts';

/** All that is counted of a fragment: without its text, which may be large. */
export interface FragmentFigures extends Omit<FragmentRow, 'firstLine'> {
  readonly fragmentId: number;
}

export interface StoredFragment extends FragmentFigures {
  /** Normalised lines joined by LF. */
  readonly text: Uint8Array;
}

type Figure = keyof FragmentFigures;

const columns: Readonly<Record<Figure, string>> = {
  fragmentId: 'fragment_id',
  fingerprint: 'fingerprint',
  nLines: 'n_lines',
  train: 'train',
  nDocuments: 'n_documents',
  nRepositories: 'n_repositories',
  extract: 'extract',
  nSamples: 'n_samples',
  clipped: 'clipped',
  family: 'family',
};

const orders = {
  rank: 'fragment_id',
  fingerprint: 'fingerprint',
  extract: 'extract DESC, fragment_id',
} as const;

/** Every fragment with the figures that are asked for: reading all of them takes twice as long. */
export function* readFragmentFigures<Name extends Figure>(
  db: Database,
  names: readonly Name[],
  order: keyof typeof orders = 'rank',
): Generator<Pick<FragmentFigures, Name>> {
  const list = names.map((name) => `${columns[name]} AS ${name}`).join(', ');
  const rows = db.prepare(`SELECT ${list} FROM fragments ORDER BY ${orders[order]}`);
  const hasFlag = (names as readonly Figure[]).includes('clipped');
  for (const row of rows.iterate()) {
    const figures = hasFlag ? { ...row, clipped: row.clipped === 1 } : row;
    yield figures as unknown as Pick<FragmentFigures, Name>;
  }
}

/** Fragments in order of rank, from the id `first` on. Whoever reads pages may pause between them for long. */
export function readFragmentPage(db: Database, first: number, limit: number): readonly StoredFragment[] {
  const page = db.prepare('SELECT * FROM fragments WHERE fragment_id >= ? ORDER BY fragment_id LIMIT ?');
  return page.all(first, limit).map(stored);
}

/** Looks up one fragment after another: the statement is prepared once. */
export function openFragmentReader(db: Database): (fragmentId: number) => StoredFragment {
  const fragment = db.prepare('SELECT * FROM fragments WHERE fragment_id = ?');
  return (fragmentId) => stored(fragment.get(fragmentId)!);
}

export function* readFingerprints(db: Database): Generator<string> {
  for (const row of db.prepare('SELECT fingerprint FROM fragments ORDER BY fingerprint').iterate()) {
    yield String(row.fingerprint);
  }
}

export interface FragmentBytes {
  readonly fragmentId: number;
  readonly fingerprint: string;
  readonly text: Uint8Array;
}

/** Every fragment's text, one in memory at a time. */
export function* readFragmentBytes(
  db: Database,
  order: 'rank' | 'extract' = 'rank',
): Generator<FragmentBytes> {
  const rows = db.prepare(`SELECT fragment_id, fingerprint, text FROM fragments ORDER BY ${orders[order]}`);
  for (const row of rows.iterate()) {
    yield {
      fragmentId: Number(row.fragment_id),
      fingerprint: String(row.fingerprint),
      text: row.text as Uint8Array,
    };
  }
}

/** Texts of some fragments, one in memory at a time. */
export function* readBytesOf(db: Database, fragmentIds: Iterable<number>): Generator<FragmentBytes> {
  const row = db.prepare('SELECT fingerprint, text FROM fragments WHERE fragment_id = ?');
  for (const fragmentId of fragmentIds) {
    const found = row.get(fragmentId);
    if (found === undefined) continue;
    yield { fragmentId, fingerprint: String(found.fingerprint), text: found.text as Uint8Array };
  }
}

type SqlRow = Readonly<Record<string, SQLOutputValue>>;

const stored = (row: SqlRow): StoredFragment => ({ ...figuresOf(row), text: row.text as Uint8Array });

export const figuresOf = (row: SqlRow): FragmentFigures => ({
  fragmentId: Number(row.fragment_id),
  fingerprint: String(row.fingerprint),
  nLines: Number(row.n_lines),
  train: Number(row.train),
  nDocuments: Number(row.n_documents),
  nRepositories: Number(row.n_repositories),
  extract: Number(row.extract),
  nSamples: Number(row.n_samples),
  clipped: row.clipped === 1,
  family: Number(row.family),
});

/** How many fragments the training data holds so often, and samples with one among the places that are kept. */
export function countSamplesByTrain(
  db: Database,
  ranges: readonly (readonly [least: number, most: number])[],
): readonly { readonly nFragments: number; readonly nSamples: number }[] {
  const fragments = db.prepare('SELECT count(*) AS n FROM fragments WHERE train BETWEEN ? AND ?');
  const holders = db.prepare(
    `SELECT count(DISTINCT sample_id) AS n FROM sample_occurrences JOIN fragments USING (fragment_id)
     WHERE train BETWEEN ? AND ?`,
  );
  // If most fragments count, a sample's first one or two tell.
  const samples = db.prepare(
    `SELECT count(*) AS n FROM samples s WHERE EXISTS (
       SELECT 1 FROM sample_occurrences o JOIN fragments USING (fragment_id)
       WHERE o.sample_id = s.sample_id AND train BETWEEN ? AND ?)`,
  );
  const all = Number(fragments.get(0, Number.MAX_SAFE_INTEGER)!.n);
  return ranges.map((range) => {
    const nFragments = Number(fragments.get(...range)!.n);
    const counting = 2 * nFragments > all ? samples : holders;
    return { nFragments, nSamples: Number(counting.get(...range)!.n) };
  });
}
