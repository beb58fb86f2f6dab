// All fragments' numbers at once, in order of fragment_id, for statistics. Texts stay in the file.

import type { Database } from './study-file.ts';

export interface FragmentCounts {
  readonly n: number;
  readonly nLines: Uint32Array;
  readonly train: Float64Array;
  readonly extract: Float64Array;
  /** Distinct samples. */
  readonly nSamples: Uint32Array;
  readonly family: Uint32Array;
}

export function readFragmentCounts(db: Database): FragmentCounts {
  const n = Number(db.prepare('SELECT count(*) AS n FROM fragments').get()?.n);
  const counts: FragmentCounts = {
    n,
    nLines: new Uint32Array(n),
    train: new Float64Array(n),
    extract: new Float64Array(n),
    nSamples: new Uint32Array(n),
    family: new Uint32Array(n),
  };
  const rows = db.prepare(
    'SELECT n_lines, train, extract, n_samples, family FROM fragments ORDER BY fragment_id',
  );
  let i = 0;
  for (const row of rows.iterate()) {
    counts.nLines[i] = Number(row.n_lines);
    counts.train[i] = Number(row.train);
    counts.extract[i] = Number(row.extract);
    counts.nSamples[i] = Number(row.n_samples);
    counts.family[i] = Number(row.family);
    i++;
  }
  return counts;
}

export interface FragmentText {
  readonly fragmentId: number;
  readonly fingerprint: string;
  readonly text: string;
}

/** Every fragment's text in order of fragment_id, one in memory at a time. */
export function* readFragmentTexts(db: Database): Generator<FragmentText> {
  const decoder = new TextDecoder();
  const rows = db.prepare('SELECT fragment_id, fingerprint, text FROM fragments ORDER BY fragment_id');
  for (const row of rows.iterate()) {
    yield {
      fragmentId: Number(row.fragment_id),
      fingerprint: String(row.fingerprint),
      text: decoder.decode(row.text as Uint8Array),
    };
  }
}
