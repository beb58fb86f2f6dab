// A training document, opened again from its shard. When that cannot be done, what the study file kept of
// it, and why.

import { contained, surelyOutside } from '../../guard/paths/contained.ts';
import { foreign, rawText } from '../../guard/text/foreign.ts';
import type { DocumentText } from '../../protocol/fragments.ts';
import type { ClosedFolders } from '../../protocol/requests.ts';
import type { Profile, StudyPlan } from '../../protocol/study.ts';
import { RowReader } from '../corpus/row-reader.ts';
import { Cancelled, UserError } from '../errors.ts';
import { normaliseLines } from '../formats/published/normalise-lines.ts';
import { damaged } from '../sqlite-failure.ts';
import { findRestartPoint, readShards, type StoredShard } from '../store/shards-table.ts';
import type { Database } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { type Excerpt, findDocument, findExcerpt, type StoredDocument } from '../store/views.ts';
import { whatChanged } from './shard-identity.ts';
import { MAX_DOCUMENT_BYTES, refusePlace, tooLarge } from './shard-place.ts';

export async function openDocument(
  db: Database,
  documentId: number,
  signal: AbortSignal,
  closed?: ClosedFolders,
): Promise<DocumentText> {
  const { provenance } = documentOf(db, documentId);
  const excerpt = findExcerpt(db, documentId);
  using opener = new DocumentOpener(db, signal, closed);
  const opened = await opener.open(documentId);
  if (typeof opened !== 'string') {
    const text = new TextDecoder().decode(opened);
    return { documentId, provenance, text, problem: null };
  }
  return {
    documentId,
    provenance,
    text: new TextDecoder().decode(excerpt?.text),
    problem: foreign(`${opened}. Shown is the longest fragment that the study kept of it, normalised.`),
  };
}

interface Source {
  readonly shards: ReadonlyMap<number, StoredShard>;
  readonly plan: StudyPlan | undefined;
}

/** Opens documents of one study, one after the other, until it is let go. */
export class DocumentOpener implements Disposable {
  readonly #db: Database;
  readonly #closed: ClosedFolders | undefined;
  readonly #reader: RowReader;
  /** Read once: a study may have thousands of shards, and a plan thousands of prompts. */
  #source: Source | undefined;

  constructor(db: Database, signal: AbortSignal, closed?: ClosedFolders) {
    this.#db = db;
    this.#closed = closed;
    this.#reader = new RowReader(signal);
  }

  /** The document's bytes, or why there are none. */
  async open(documentId: number): Promise<Uint8Array | string> {
    const db = this.#db;
    const stored = documentOf(db, documentId);
    this.#source ??= {
      shards: new Map(readShards(db).map((shard) => [shard.index, shard])),
      plan: readStudy(db)?.plan,
    };
    const { shards, plan } = this.#source;
    const shard = shards.get(stored.shardId);
    if (!shard) throw damaged(db.path, `it has no shard ${stored.shardId}`);
    if (isClosed(shard.path, this.#closed))
      return 'Its folder is not trusted, so the training data is not opened';
    const excerpt = findExcerpt(db, documentId);
    return excerpt ? await reopen(db, plan, shard, stored, excerpt, this.#reader) : UNKNOWN;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

function isClosed(path: string, { folders, except }: ClosedFolders = { folders: [], except: [] }): boolean {
  if (except.some((folder) => contained(folder, path))) return false;
  return !folders.every((folder) => surelyOutside(folder, path));
}

function documentOf(db: Database, documentId: number): StoredDocument {
  const stored = findDocument(db, documentId);
  if (!stored) throw new UserError(`The study has no document ${documentId}`);
  return stored;
}

const UNKNOWN = 'The study does not say what of this document is memorised';

/**
 * The document, or why there is none. It is shown only if it holds what the study found there: a stranger's study can
 * name any file, and does not know what stands in it.
 */
async function reopen(
  db: Database,
  plan: StudyPlan | undefined,
  shard: StoredShard,
  { row, byteOffset, provenance }: StoredDocument,
  excerpt: Excerpt,
  reader: RowReader,
): Promise<Uint8Array | string> {
  const path = rawText(provenance.path);
  const refusal = refusePlace(shard, path) ?? whatChanged(shard, path);
  if (refusal) return refusal;
  const columns = plan?.columns;
  const restart = findRestartPoint(db, shard.index, byteOffset);
  try {
    const place = { row, byteOffset, path };
    const text = await reader.read({
      shard: { ...shard, files: [], ...(columns && { columns }) },
      place,
      restart,
    });
    if (!text) return `${shard.path} no longer holds row ${row}`;
    if (text.length > MAX_DOCUMENT_BYTES) return tooLarge(`Row ${row} of ${shard.path}`, text.length);
    if (!plan || !holds(text, excerpt, plan.rule.profile)) {
      return `${shard.path} holds something else than the study found there`;
    }
    return text;
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether the longest fragment that the study found in a document stands where it was found. */
function holds(text: Uint8Array, { byteOffset, nBytes, text: wanted }: Excerpt, profile: Profile): boolean {
  const found = Buffer.from(text.subarray(byteOffset, byteOffset + nBytes)).toString('latin1');
  return Buffer.compare(normaliseLines(found.split(/\r\n|\r|\n/), profile), wanted) === 0;
}
