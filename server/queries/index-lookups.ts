// Texts looked up in indexes. An index stays open while it is asked, since opening it takes longer than asking it, and is
// closed a while after.

import { foreign } from '../../guard/text/foreign.ts';
import type { CheckedText, checkWithIndex as request } from '../../protocol/checked-text.ts';
import type {
  getIndexedDocument as documentRequest,
  IndexPlace,
  IndexSummary,
} from '../../protocol/corpus-index.ts';
import type { Undisclosed } from '../answers/undisclosed.ts';
import { checkText } from '../corpus-index/check-text.ts';
import { CorpusIndex } from '../corpus-index/corpus-index.ts';
import { openIndexed } from '../corpus-index/open-indexed.ts';
import { UserError } from '../errors.ts';
import { readAccepted } from '../formats/baseline-file.ts';
import { bytesOfString } from '../text/text-strings.ts';
import { withText } from './mask-texts.ts';

type Params = NonNullable<typeof request.types>['params'];
type DocumentParams = NonNullable<typeof documentRequest.types>['params'];

const MAX_TEXT_BYTES = 16 << 20;
/** After so long an answer tells what was opened until then. */
const LIMIT_MS = 5000;
const IDLE_MS = 30_000;
const NOTES_TOLD = 5;

interface OpenIndex {
  readonly index: CorpusIndex;
  readonly root: string | undefined;
  nAsking: number;
  timer?: NodeJS.Timeout;
}

const open = new Map<string, OpenIndex>();

export async function checkWithIndex(
  { index: folder, root, text, baseline }: Params,
  signal: AbortSignal,
): Promise<CheckedText> {
  const bytes = bytesOfString(text);
  if (bytes.length > MAX_TEXT_BYTES) {
    throw new UserError(`The text has ${bytes.length} bytes, and ${MAX_TEXT_BYTES} are looked up at most.`, {
      action: 'Look a part of it up, or the whole from the command line: verbatim index check.',
    });
  }
  const accepted = baseline === undefined ? undefined : readAccepted(baseline);
  return await withIndex(folder, root, (index) =>
    checkText(index, bytes, { signal, limitMs: LIMIT_MS }, accepted),
  );
}

export function describeIndex({ index: folder, root }: IndexPlace): Promise<IndexSummary> {
  return withIndex(folder, root, async (index) => {
    const shards = [...index.places()].map(({ entry }) => entry);
    return {
      rule: index.manifest.rule,
      root: foreign(index.root),
      nShards: shards.length,
      nDocuments: shards.reduce((sum, { nDocuments }) => sum + nDocuments, 0),
      contentBytes: shards.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
      notes: index.changes().slice(0, NOTES_TOLD).map(foreign),
    };
  });
}

export async function getIndexedDocument(
  { index: folder, root, shard, row }: DocumentParams,
  signal: AbortSignal,
): Promise<Undisclosed<{ readonly text: string }>> {
  const bytes = await withIndex(folder, root, (index) => openIndexed(index, shard, row, signal));
  if (bytes.length > MAX_TEXT_BYTES)
    throw new UserError(`Row ${row} of ${shard} has ${bytes.length} bytes, which is too much for an editor.`);
  return withText({ text: new TextDecoder().decode(bytes) });
}

async function withIndex<T>(
  folder: string,
  root: string | undefined,
  work: (index: CorpusIndex) => Promise<T>,
): Promise<T> {
  const held = hold(folder, root);
  held.nAsking++;
  clearTimeout(held.timer);
  try {
    return await work(held.index);
  } catch (error) {
    // What is damaged may be repaired by the next question.
    if (open.get(folder) === held) open.delete(folder);
    throw error;
  } finally {
    held.nAsking--;
    if (held.nAsking === 0) closeLater(folder, held);
  }
}

function hold(folder: string, root: string | undefined): OpenIndex {
  const held = open.get(folder);
  if (held && held.root === root && held.index.isCurrent()) return held;
  const opened: OpenIndex = { index: new CorpusIndex(folder, root), root, nAsking: 0 };
  open.set(folder, opened);
  if (held?.nAsking === 0) close(held);
  return opened;
}

function closeLater(folder: string, held: OpenIndex): void {
  if (open.get(folder) !== held) {
    close(held);
    return;
  }
  held.timer = setTimeout(() => {
    open.delete(folder);
    close(held);
  }, IDLE_MS);
  held.timer.unref();
}

function close(held: OpenIndex): void {
  clearTimeout(held.timer);
  held.index[Symbol.dispose]();
}
