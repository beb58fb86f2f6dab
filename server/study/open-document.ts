// A training document, opened again from its shard. When that cannot be done, what the study file kept of
// it, and why.

import type { DocumentText } from '../../protocol/fragments.ts';
import { type CorpusDocument, readDocuments } from '../corpus/read-documents.ts';
import { listShards } from '../corpus/shard.ts';
import { UserError } from '../errors.ts';
import { readShards, type StoredShard } from '../store/shards-table.ts';
import type { Database } from '../store/study-file.ts';
import { findDocument, findExcerpt, type StoredDocument } from '../store/views.ts';
import { isUnchanged } from './scan-stage.ts';

export async function openDocument(
  db: Database,
  documentId: number,
  signal: AbortSignal,
): Promise<DocumentText> {
  const stored = findDocument(db, documentId);
  if (!stored) throw new UserError(`The study has no document ${documentId}`);
  const shard = readShards(db).find(({ index }) => index === stored.shardId)!;
  const opened = await reopen(shard, stored, signal);
  const { provenance } = stored;
  if (typeof opened !== 'string') {
    const text = new TextDecoder().decode(opened.text);
    return { documentId, provenance, text, problem: null, firstLine: 1 };
  }
  const excerpt = findExcerpt(db, documentId);
  return {
    documentId,
    provenance,
    text: new TextDecoder().decode(excerpt?.text),
    problem: `${opened}. Shown is the longest fragment that the study kept of it, normalised.`,
    firstLine: excerpt?.firstLine ?? 1,
  };
}

/** The document, or why there is none. */
async function reopen(
  shard: StoredShard,
  stored: StoredDocument,
  signal: AbortSignal,
): Promise<CorpusDocument | string> {
  if (!isUnchanged(shard)) return `${shard.path} is gone or has changed since the scan`;
  const files = shard.format === 'folder' ? listShards([shard.path])[0]!.files : [];
  const ignore = () => {};
  const options = { signal, onBytes: ignore, onProblem: ignore };
  try {
    for await (const document of readDocuments({ ...shard, files }, options)) {
      if (document.row === stored.row) return document;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return `${shard.path} no longer holds row ${stored.row}`;
}
