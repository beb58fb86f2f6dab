// The sources of prompts: a file of them, the fragments of a first study (two-step sampling), or the heads
// of functions in source files (prompt-conditioned sampling).

import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { PromptText } from '../../protocol/study.ts';
import { readDocuments } from '../corpus/read-documents.ts';
import { listShards } from '../corpus/shard.ts';
import { shardFormat } from '../corpus/shard-format.ts';
import { UserError } from '../errors.ts';
import { isShellPipe, readShellPipe } from '../formats/named-file.ts';
import { readPromptFile } from '../formats/read-prompt-file.ts';
import { readFragmentBytes } from '../store/stored-fragments.ts';
import { openForReading } from '../store/study-file.ts';
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
      ? await promptsOfSources(path, beat)
      : readPromptFile(path, isShellPipe(path) ? await readShellPipe(path) : undefined);
  if (prompts.length === 0) throw new UserError(`${path} holds no prompts`);
  return prompts;
}

/** Plain JSON lines are a list of prompts; what is compressed or columnar holds documents. */
const isShard = (path: string) => ![undefined, 'jsonl'].includes(shardFormat(path));

function promptsOfStudy(path: string): string[] {
  using db = openForReading(path);
  return Array.from(readFragmentBytes(db, 'extract'), ({ text }) => new TextDecoder().decode(text));
}

async function promptsOfSources(path: string, beat: () => void): Promise<string[]> {
  const prompts: string[] = [];
  const options = { signal: new AbortController().signal, onBytes: beat, onProblem: () => {} };
  for (const shard of listShards([path])) {
    for await (const document of readDocuments(shard, options)) {
      const language = languageOf(document.path);
      const prompt = language && extractFunctionPrompt(new TextDecoder().decode(document.text), language);
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
