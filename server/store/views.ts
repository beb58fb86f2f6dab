// The pages that views and reports ask for: queries over a study, one a function, no state.

import type { SQLOutputValue } from 'node:sqlite';
import { type Foreign, foreign } from '../../guard/text/foreign.ts';
import type {
  FragmentRow,
  PageRequest,
  Provenance,
  SampleMark,
  SampleOccurrence,
  TrainOccurrence,
} from '../../protocol/fragments.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import { provenanceOf } from './provenance.ts';
import { figuresOf } from './stored-fragments.ts';
import type { Database } from './study-file.ts';

type SqlRow = Readonly<Record<string, SQLOutputValue>>;

/** How far into a fragment its label is looked for. */
export const LABEL_BYTES = 2048;
const decoder = new TextDecoder();

export function findFragment(
  db: Database,
  fingerprint: string,
): (FragmentRow & { readonly fragmentId: number; readonly text: Uint8Array }) | undefined {
  const row = db.prepare('SELECT * FROM fragments WHERE fingerprint = ?').get(fingerprint);
  return row && { ...fragmentRow(row), fragmentId: Number(row.fragment_id), text: row.text as Uint8Array };
}

export function listTrainOccurrences(
  db: Database,
  fragmentId: number,
  { offset, limit }: PageRequest,
): readonly TrainOccurrence[] {
  return db
    .prepare(
      `SELECT o.*, d.*, s.name AS shard FROM train_occurrences o
       JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
       WHERE fragment_id = ? ORDER BY ordinal LIMIT ? OFFSET ?`,
    )
    .all(fragmentId, limit, offset)
    .map((row) => ({
      ...textRange(row),
      documentId: Number(row.document_id),
      provenance: provenanceOf(row),
    }));
}

export function listSampleOccurrences(
  db: Database,
  fragmentId: number,
  { offset, limit }: PageRequest,
): readonly SampleOccurrence[] {
  return db
    .prepare('SELECT * FROM sample_occurrences WHERE fragment_id = ? ORDER BY ordinal LIMIT ? OFFSET ?')
    .all(fragmentId, limit, offset)
    .map((row) => ({ ...textRange(row), sampleId: Number(row.sample_id) }));
}

/** Licences of the documents that hold a fragment, among the places that are kept, the commonest first. */
function listFragmentLicenses(
  db: Database,
  fragmentId: number,
): readonly { readonly name: string; readonly nDocuments: number }[] {
  return db
    .prepare(
      `SELECT license AS name, count(DISTINCT document_id) AS n FROM train_occurrences
       JOIN documents USING (document_id) WHERE fragment_id = ? GROUP BY license ORDER BY n DESC, license`,
    )
    .all(fragmentId)
    .map((row) => ({ name: String(row.name), nDocuments: Number(row.n) }));
}

/** The memorised pieces of one sample, longest first at each line. */
export function listSampleMarks(db: Database, sampleId: number): readonly SampleMark[] {
  return db
    .prepare(
      `SELECT f.fragment_id, so.first_line, so.last_line, ${MARK_COLUMNS}
       FROM sample_occurrences so JOIN fragments f USING (fragment_id) ${MARK_SOURCE}
       WHERE so.sample_id = ? ORDER BY so.first_line, so.last_line DESC, f.fragment_id`,
    )
    .all(sampleId)
    .map((row) => sampleMark(db, row));
}

/** A fragment as a mark, in lines of its own text. */
export function markOfFragment(db: Database, fragmentId: number): SampleMark {
  const row = db
    .prepare(
      `SELECT f.fragment_id, 1 AS first_line, f.n_lines AS last_line, ${MARK_COLUMNS}
       FROM fragments f ${MARK_SOURCE} WHERE f.fragment_id = ?`,
    )
    .get(fragmentId);
  return sampleMark(db, row!);
}

const MARK_COLUMNS = `f.fingerprint, f.train, f.n_repositories,
         s.name AS shard, d.row, d.repository, d.path, d.license`;
const MARK_SOURCE = `
       LEFT JOIN train_occurrences o ON o.fragment_id = f.fragment_id AND o.ordinal = 0
       LEFT JOIN documents d USING (document_id) LEFT JOIN shards s USING (shard_id)`;

const sampleMark = (db: Database, row: SqlRow): SampleMark => ({
  ...textRange(row),
  fingerprint: String(row.fingerprint),
  train: Number(row.train),
  nRepositories: Number(row.n_repositories),
  source: row.path === null ? null : provenanceOf(row),
  licenses: listFragmentLicenses(db, Number(row.fragment_id)).map(({ name }) => foreign(name)),
});

export interface StoredDocument {
  readonly shardId: number;
  readonly row: number;
  readonly byteOffset: number;
  readonly provenance: Provenance;
}

export function findDocument(db: Database, documentId: number): StoredDocument | undefined {
  const row = db
    .prepare(
      'SELECT d.*, s.name AS shard FROM documents d JOIN shards s USING (shard_id) WHERE document_id = ?',
    )
    .get(documentId);
  return (
    row && {
      shardId: Number(row.shard_id),
      row: Number(row.row),
      byteOffset: Number(row.byte_offset),
      provenance: provenanceOf(row),
    }
  );
}

/** What is kept of a document whose shard is gone: its longest fragment, with its place in the text. */
export function findExcerpt(db: Database, documentId: number): Excerpt | undefined {
  const row = db
    .prepare(
      `SELECT f.text, o.byte_offset, o.n_bytes FROM train_occurrences o JOIN fragments f USING (fragment_id)
       WHERE o.document_id = ? ORDER BY f.n_lines DESC, f.fragment_id LIMIT 1`,
    )
    .get(documentId);
  return (
    row && {
      text: row.text as Uint8Array,
      byteOffset: Number(row.byte_offset),
      nBytes: Number(row.n_bytes),
    }
  );
}

/** A fragment, normalised, with its place in the document's text. */
interface Excerpt {
  readonly text: Uint8Array;
  readonly byteOffset: number;
  readonly nBytes: number;
}

function fragmentRow(row: SqlRow): FragmentRow {
  const { fragmentId: _, ...figures } = figuresOf(row);
  return { ...figures, firstLine: labelOf(row.text as Uint8Array) };
}

/** The line by which a fragment is known again; as many bytes of its text as `LABEL_BYTES` are enough. */
export const labelOf = (text: Uint8Array): Foreign =>
  foreign(tellingLine(decoder.decode(text.subarray(0, LABEL_BYTES))));

const textRange = (row: SqlRow) => ({ firstLine: Number(row.first_line), lastLine: Number(row.last_line) });
