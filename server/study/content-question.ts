// Whether a corpus leaves open which of its columns is the text: looked up in a few of its shards before anything is scanned. One shard of
// many that differs is a problem of that shard, told by its reader; a corpus that does is a question to whoever named it.

import { existsSync } from 'node:fs';
import type { DataProblem } from '../../protocol/errors.ts';
import { askFor, type ColumnQuestion } from '../corpus/column-question.ts';
import { holdsRows } from '../corpus/holds-rows.ts';
import { resolveColumns } from '../corpus/resolve-columns.ts';
import type { Shard } from '../corpus/shard.ts';

/** So many shards are looked at, from the first to the last. */
const LOOKED_AT = 8;
/** What is read of one that gives neither a document nor a question. */
const MOST_BYTES = 32 << 20;

export interface CorpusQuestion extends ColumnQuestion {
  /** The shard that asks. */
  readonly path: string;
}

/** Null where more than half of the bytes leave nothing open. Shards that are still to be fetched are passed over. */
export async function contentQuestion(
  shards: readonly Shard[],
  beat: () => void,
): Promise<CorpusQuestion | null> {
  const here = shards.filter(({ path, remote }) => remote !== undefined || existsSync(path));
  const candidates = here.filter(({ format }) => format !== 'folder');
  const step = Math.max(1, candidates.length / LOOKED_AT);
  const looked = candidates.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  let first: CorpusQuestion | null = null;
  let askingBytes = 0;
  for (const shard of looked) {
    const question = await questionOf(shard, beat);
    if (!question) continue;
    first ??= { ...question, path: shard.path };
    askingBytes += shard.nBytes;
  }
  const share = (askingBytes / bytesOf(looked)) * bytesOf(candidates);
  return 2 * share >= bytesOf(here) ? first : null;
}

const bytesOf = (shards: readonly Shard[]) => shards.reduce((sum, { nBytes }) => sum + nBytes, 0);

async function questionOf(
  { contents: _, ...shard }: Shard,
  beat: () => void,
): Promise<ColumnQuestion | undefined> {
  const reading = new AbortController();
  const { signal } = reading;
  try {
    if (await holdsRows(shard, signal)) {
      const { question, names, found, present } = await resolveColumns(shard, signal);
      beat();
      const isMissing = present.content === undefined && found.length > 0;
      return question ?? (isMissing ? askFor(names.content, found) : undefined);
    }
    return await firstQuestion(shard, reading, beat);
  } catch {
    // What else is wrong with the shard is told by its scan.
    return undefined;
  }
}

async function firstQuestion(
  shard: Shard,
  reading: AbortController,
  beat: () => void,
): Promise<ColumnQuestion | undefined> {
  let nBytes = 0;
  let question: ColumnQuestion | undefined;
  const options = {
    signal: reading.signal,
    onBytes(n: number) {
      beat();
      nBytes += n;
      if (nBytes > MOST_BYTES) reading.abort();
    },
    onProblem({ kind, message, columns = [] }: DataProblem) {
      if (kind !== 'no-column') return;
      question = { message: message.slice(shard.path.length + 1), columns, isMissing: false };
    },
  };
  // Readers of other formats are large, and most shards are JSON lines.
  const { readDocuments } = await import('../corpus/read-documents.ts');
  for await (const _ of readDocuments(shard, options)) break;
  return question;
}
