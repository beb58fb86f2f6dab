// The sources of prompts: a file of them, the fragments of a first study (two-step sampling), or the heads
// of functions in source files (prompt-conditioned sampling).

import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { PromptText } from '../../protocol/study.ts';
import { holdsRows } from '../corpus/holds-rows.ts';
import { readDocuments } from '../corpus/read-documents.ts';
import { readRows } from '../corpus/read-rows.ts';
import { listShards } from '../corpus/shard.ts';
import { shardFormat } from '../corpus/shard-format.ts';
import { UserError } from '../errors.ts';
import { isShellPipe, readShellPipe } from '../formats/named-file.ts';
import { promptsIn, readPromptFile } from '../formats/read-prompt-file.ts';
import { readFragmentBytes } from '../store/stored-fragments.ts';
import { openForReading } from '../store/study-file.ts';
import { stringOfBytes } from '../text/text-strings.ts';
import { extractFunctionPrompt, type SourceLanguage } from './function-prompt.ts';

/** In the source's order; a study's by occurrences in its samples, descending, as published. */
export async function promptsAt(path: string, beat: () => void): Promise<readonly PromptText[]> {
  // Unlike `statSync` this never throws, not even for names that no system takes.
  if (!existsSync(path))
    throw new UserError(`The prompts in ${path} cannot be read`, { action: 'Check the path.' });
  const stat = statSync(path);
  const prompts = path.endsWith('.sqlite')
    ? promptsOfStudy(path)
    : stat.isDirectory() || isShard(path)
      ? ((await promptsOfRows(path, beat)) ?? (await promptsOfSources(path, beat)))
      : readPromptFile(path, isShellPipe(path) ? await readShellPipe(path) : undefined);
  if (prompts.length === 0) throw new UserError(`${path} holds no prompts`);
  return prompts;
}

/** Plain JSON lines are a list of prompts; what is compressed or columnar holds documents. */
const isShard = (path: string) => ![undefined, 'jsonl'].includes(shardFormat(path));

/** Packed lines that hold prompts by that name, or strings, or gaps, are a list of prompts, too; undefined for others. */
async function promptsOfRows(path: string, beat: () => void): Promise<readonly PromptText[] | undefined> {
  const [shard, ...others] = statSync(path).isDirectory() ? [] : listShards([path]);
  const { signal } = new AbortController();
  if (!shard || others.length > 0 || !(await holdsRows(shard, signal))) return undefined;
  const prompts: PromptText[] = [];
  const ignore = () => {};
  for await (const { line } of readRows(shard, { signal, onBytes: beat, onProblem: ignore })) {
    const text = stringOfBytes(line);
    if (prompts.length === 0 && !isPromptRow(text)) return undefined;
    for (const prompt of promptsIn(`${path}.jsonl`, text)) prompts.push(prompt);
  }
  return prompts;
}

function isPromptRow(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return typeof value === 'string';
    return 'prompt' in value || ('prefix' in value && 'suffix' in value);
  } catch {
    return false;
  }
}

function promptsOfStudy(path: string): string[] {
  using db = openForReading(path);
  return Array.from(readFragmentBytes(db, 'extract'), ({ text }) => stringOfBytes(text));
}

async function promptsOfSources(path: string, beat: () => void): Promise<string[]> {
  const prompts: string[] = [];
  const options = { signal: new AbortController().signal, onBytes: beat, onProblem: () => {} };
  for (const shard of listShards([path])) {
    for await (const document of readDocuments(shard, options)) {
      const language = languageOf(document.path);
      const prompt = language && extractFunctionPrompt(stringOfBytes(document.text), language);
      if (prompt) prompts.push(prompt);
    }
  }
  return [...new Set(prompts)];
}

function languageOf(path: string): SourceLanguage | undefined {
  const extension = extname(path).toLowerCase();
  if (['.py', '.pyi', ''].includes(extension)) return 'python';
  return /^\.(c|cc|cpp|cs|cts|cjs|dart|go|h|hpp|java|js|jsx|kt|mjs|mts|php|rs|scala|swift|ts|tsx)$/.test(
    extension,
  )
    ? 'braces'
    : undefined;
}
