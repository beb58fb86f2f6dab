// Samples, prompts, the beginnings of corpora and the places at which these can be cut: made elsewhere, read in a thread with limits: nobody has vouched for what is
// in them.

import { statSync } from 'node:fs';
import { say } from '../../guard/text/say.ts';
import type { PromptText } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import type { ShardPart } from '../corpus/shard-part.ts';
import { UserError } from '../errors.ts';
import type { ImportedSample } from '../formats/read-samples.ts';
import { GuardedThread, type GuardLimits, runGuarded } from '../guard/run-guarded.ts';
import { programUrl } from '../program-url.ts';
import { type CorpusQuestion, contentQuestion } from './content-question.ts';
import { type SampleBatch, unpackSamples } from './sample-batches.ts';

/** Asked again, for samples, it is the question for the next batch. */
export type UserFileQuestion =
  | { readonly kind: 'samples' | 'prompts'; readonly path: string }
  | { readonly kind: 'columns'; readonly shards: readonly Shard[] }
  | { readonly kind: 'parts'; readonly shard: Shard; readonly partBytes: number };

export type UserFileAnswer =
  | { readonly kind: 'samples'; readonly batch: SampleBatch | null }
  | { readonly kind: 'prompts'; readonly prompts: readonly PromptText[] }
  | { readonly kind: 'columns'; readonly question: CorpusQuestion | null }
  | { readonly kind: 'parts'; readonly parts: readonly ShardPart[] };

const workerUrl = programUrl('./user-files-worker.ts', import.meta.url);

/** Throws a UserError that names the file, or the sample, that is none. */
export async function readSampleFiles(path: string, signal?: AbortSignal): Promise<ImportedSample[]> {
  if (isReadHere(path)) return [...(await import('../formats/read-samples.ts')).readSamples(path)];
  using thread = new GuardedThread<UserFileQuestion, UserFileAnswer>(workerUrl, limitsOf(path, signal));
  const samples: ImportedSample[] = [];
  for (;;) {
    const answer = await thread.ask({ kind: 'samples', path });
    if (answer.kind !== 'samples' || answer.batch === null) return samples;
    for (const sample of unpackSamples(answer.batch)) samples.push(sample);
  }
}

/** JSON lines take time and memory by their bytes alone: of so few, a tenth of a second at most, and less than a thread takes. */
const isReadHere = (path: string): boolean => path.endsWith('.jsonl') && isSmallFile(path);

const SMALL_BYTES = 1 << 23;

function isSmallFile(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size <= SMALL_BYTES;
}

/** In the source's order; a study's by occurrences in its samples, descending, as published. */
export async function readPrompts(path: string, signal?: AbortSignal): Promise<readonly PromptText[]> {
  const limits = limitsOf(path, signal);
  const question = { kind: 'prompts', path } as const;
  const answer = await runGuarded<UserFileQuestion, UserFileAnswer>(workerUrl, question, limits);
  return answer.kind === 'prompts' ? answer.prompts : [];
}

/** Their first rows are read in bounded memory and time, as any thread may, and a thread costs more than that. */
const LOOKED_AT_HERE: ReadonlySet<string> = new Set(['folder', 'json', 'jsonl', 'jsonl.gz', 'jsonl.zst']);

/** Which column is the text, where the corpus leaves that open; null where it does not. */
export async function askContentColumn(
  shards: readonly Shard[],
  signal?: AbortSignal,
): Promise<CorpusQuestion | null> {
  if (shards.every(({ format }) => format === 'folder')) return null;
  if (shards.every(({ format }) => LOOKED_AT_HERE.has(format))) return contentQuestion(shards, () => {});
  const limits = { ...limitsOf(shards[0]!.path, signal), what: 'The corpus' };
  const question = { kind: 'columns', shards } as const;
  const answer = await runGuarded<UserFileQuestion, UserFileAnswer>(workerUrl, question, limits);
  return answer.kind === 'columns' ? answer.question : null;
}

/** Parts of a shard, of so many bytes at least; none where it is read as a whole. */
export async function askParts(
  shard: Shard,
  partBytes: number,
  signal: AbortSignal,
): Promise<readonly ShardPart[]> {
  const question = { kind: 'parts', shard, partBytes } as const;
  const answer = await runGuarded<UserFileQuestion, UserFileAnswer>(
    workerUrl,
    question,
    limitsOf(shard.path, signal),
  );
  return answer.kind === 'parts' ? answer.parts : [];
}

/** Throws a `UserError` with the columns to choose from. Before anything is scanned: a guess would search another text. */
export async function requireContentColumn(shards: readonly Shard[], signal?: AbortSignal): Promise<void> {
  const question = await askContentColumn(shards, signal);
  if (question === null) return;
  const { path, message, columns, isMissing } = question;
  throw new UserError(say`${path} ${message}`, {
    action: isMissing
      ? 'Name the column of the text with --content-column. Rows that lie inside of one object have to be taken out of it first.'
      : say`Name the column of the text, such as --content-column ${columns[0] ?? 'NAME'}.`,
  });
}

const PATIENCE_MS = 20_000;
const SLOWEST_BYTES_PER_MS = 1000;
/** Enough for a row, and for a pipe, of the greatest length that is read. */
const LEAST_MEMORY_BYTES = 4 * 2 ** 30;
/** The bytes, their decoded text, and what is made of it. */
const MEMORY_PER_BYTE = 8;

function limitsOf(path: string, signal: AbortSignal | undefined): GuardLimits {
  const nBytes = sizeAt(path);
  return {
    what: path,
    stallMs: PATIENCE_MS + nBytes / SLOWEST_BYTES_PER_MS,
    memoryBytes: LEAST_MEMORY_BYTES + MEMORY_PER_BYTE * nBytes,
    ...(signal && { signal }),
  };
}

/** A file's; a folder's files are read one after the other. What is not there, whoever reads it says. */
function sizeAt(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
