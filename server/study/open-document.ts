// A training document, opened again from its shard. When that cannot be done, what the study file kept of
// it, and why.

import type { DocumentText } from '../../protocol/fragments.ts';
import { reopenRow } from '../corpus/reopen-row.ts';
import { Cancelled, UserError } from '../errors.ts';
import { findRestartPoint, readShards, type StoredShard } from '../store/shards-table.ts';
import type { Database } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { findDocument, findExcerpt, type StoredDocument } from '../store/views.ts';
import { whatChanged } from './shard-identity.ts';

export async function openDocument(
  db: Database,
  documentId: number,
  signal: AbortSignal,
): Promise<DocumentText> {
  const stored = findDocument(db, documentId);
  if (!stored) throw new UserError(`The study has no document ${documentId}`);
  const shard = readShards(db).find(({ index }) => index === stored.shardId)!;
  const opened = await reopen(db, shard, stored, signal);
  const { provenance } = stored;
  if (typeof opened !== 'string') {
    const text = new TextDecoder().decode(opened);
    return { documentId, provenance, text, problem: null };
  }
  const excerpt = findExcerpt(db, documentId);
  return {
    documentId,
    provenance,
    text: new TextDecoder().decode(excerpt),
    problem: `${opened}. Shown is the longest fragment that the study kept of it, normalised.`,
  };
}

/** The document, or why there is none. */
async function reopen(
  db: Database,
  shard: StoredShard,
  { row, byteOffset, provenance }: StoredDocument,
  signal: AbortSignal,
): Promise<Uint8Array | string> {
  const change = whatChanged(shard, provenance.path);
  if (change) return change;
  const columns = readStudy(db)?.plan.columns;
  const restart = findRestartPoint(db, shard.index, byteOffset);
  try {
    const place = { row, byteOffset, path: provenance.path };
    const text = await reopenRow(
      { ...shard, files: [], ...(columns && { columns }) },
      place,
      restart,
      signal,
    );
    return text ?? `${shard.path} no longer holds row ${row}`;
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
