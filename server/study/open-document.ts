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
import { longestRegion } from '../store/maps/map-views.ts';
import { findRestartPoint, readShards, type StoredShard } from '../store/shards-table.ts';
import type { Database } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { findDocument, findExcerpt, type StoredDocument } from '../store/views.ts';
import { whatChanged } from './shard-identity.ts';
import { MAX_DOCUMENT_BYTES, refusePlace, tooLarge } from './shard-place.ts';

export async function openDocument(
  db: Database,
  documentId: number,
  signal: AbortSignal,
  closed?: ClosedFolders,
): Promise<DocumentText> {
  const { bytes: _, ...shown } = await openWithBytes(db, documentId, signal, closed);
  return shown;
}

/** Also gives the bytes that the text was decoded from; null where the document could not be opened. */
export async function openWithBytes(
  db: Database,
  documentId: number,
  signal: AbortSignal,
  closed?: ClosedFolders,
): Promise<DocumentText & { readonly bytes: Uint8Array | null }> {
  const { provenance } = documentOf(db, documentId);
  using opener = new DocumentOpener(db, signal, closed);
  const opened = await opener.open(documentId);
  if (typeof opened !== 'string') {
    const text = new TextDecoder().decode(opened);
    return { documentId, provenance, text, problem: null, bytes: opened };
  }
  const evidence = evidenceIn(db, documentId);
  return {
    documentId,
    provenance,
    text: new TextDecoder().decode(evidence?.text),
    problem: foreign(`${opened}. ${evidence?.shown ?? ''}`.trimEnd()),
    bytes: null,
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
    const evidence = evidenceIn(db, documentId);
    return evidence ? await reopen(db, plan, shard, stored, evidence, this.#reader) : UNKNOWN;
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

/** A piece of a document that the study keeps, and how it tells that it stands where it was found. */
interface Evidence {
  readonly text: Uint8Array;
  /** What is said where it is shown instead of the document. */
  readonly shown: string;
  readonly isIn: (document: Uint8Array, profile: Profile) => boolean;
}

/** The longest fragment, or of a map the longest region. */
function evidenceIn(db: Database, documentId: number): Evidence | undefined {
  const excerpt = findExcerpt(db, documentId);
  if (excerpt) {
    return {
      text: excerpt.text,
      shown: 'Shown is the longest fragment that the study kept of it, normalised.',
      isIn: (document, profile) => {
        const found = Buffer.from(placeIn(document, excerpt)).toString('latin1');
        return Buffer.compare(normaliseLines(found.split(/\r\n|\r|\n/), profile), excerpt.text) === 0;
      },
    };
  }
  const region = longestRegion(db, documentId);
  if (region === undefined || region.text.length === 0) return undefined;
  return {
    // With what stands around it: a secret that it is cut out of shows as one.
    text: Buffer.concat([region.before, region.text, region.after]),
    shown: 'Shown is the longest region that the map kept of it, with the rest of its lines.',
    isIn: (document) => Buffer.compare(placeIn(document, region), region.text) === 0,
  };
}

const placeIn = (
  document: Uint8Array,
  { byteOffset, nBytes }: { readonly byteOffset: number; readonly nBytes: number },
): Uint8Array => document.subarray(byteOffset, byteOffset + nBytes);

/**
 * The document, or why there is none. It is shown only if it holds what the study found there: a stranger's study can
 * name any file, and does not know what stands in it.
 */
async function reopen(
  db: Database,
  plan: StudyPlan | undefined,
  shard: StoredShard,
  { row, byteOffset, provenance }: StoredDocument,
  evidence: Evidence,
  reader: RowReader,
): Promise<Uint8Array | string> {
  const path = rawText(provenance.path);
  const refusal = refusePlace(shard, path) ?? whatChanged(shard, path);
  if (refusal) return refusal;
  if (plan?.contents !== undefined)
    return `Its text lies at ${plan.contents}, and nothing is fetched to be shown`;
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
    if (!plan || !evidence.isIn(text, plan.rule.profile)) {
      return `${shard.path} holds something else than the study found there`;
    }
    return text;
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
