// The outputs of a published run one by one, as its scripts left them: those without a prompt in `seperate` (or `separate`), those
// of prompts below `internet`, a folder a prompt with the prompt beside them, or all in one.

import { join } from 'node:path';
import type { PromptText } from '../../../protocol/study.ts';
import { has, mapOf, text } from '../../json-shape.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { promptsIn } from '../read-prompt-file.ts';
import { logFolders, PROMPTED, type RunFolders, separateFolder } from './layout.ts';
import { keyOf } from './prompt-key.ts';
import type { GrowingTexts } from './shared-texts.ts';

/** Outputs that were drawn with the same prompt. */
export interface OutputFolder {
  /** The SHA-1 of the prompt; null for outputs without one. */
  readonly key: string | null;
  /** Numbers of their texts by their own numbers, in order. */
  readonly outputs: ReadonlyMap<number, number>;
}

export interface PublishedOutputs {
  readonly folders: readonly OutputFolder[];
  /** Those that the run's own file lists come first, and keep their order. */
  readonly prompts: readonly PromptText[];
  /** Whether the prompts were fragments of a first study. */
  readonly isFromFragments: boolean;
}

/** `texts` gets those of the outputs. */
export function readOutputs(folder: ForeignFolder, run: RunFolders, texts: GrowingTexts): PublishedOutputs {
  const folders: OutputFolder[] = [];
  const plain = run.part === 'prompted' ? undefined : separateFolder(folder, run.results);
  if (plain !== undefined) folders.push({ key: null, outputs: readNumbered(folder, plain, texts) });
  const prompts = new Map(listedPrompts(folder, run).map((prompt) => [keyOf(prompt), prompt]));
  let isFromFragments = false;
  const internet = join(run.results, PROMPTED);
  if (run.part !== 'unprompted' && folder.isFolder(internet)) {
    // Only now: it has the text of every fragment.
    const extracted = extractedPrompts(folder, run);
    const direct = readNumbered(folder, internet, texts);
    if (direct.size > 0) {
      const prompt = promptBeside(folder, internet);
      if (prompt !== undefined) prompts.set(keyOf(prompt), prompt);
      folders.push({ key: prompt === undefined ? null : keyOf(prompt), outputs: direct });
    }
    for (const name of folder.names(internet)) {
      const at = join(internet, name);
      if (!folder.isFolder(at)) continue;
      const prompt = prompts.get(name) ?? promptBeside(folder, at) ?? extracted.get(name);
      if (prompt !== undefined && !prompts.has(name)) prompts.set(name, prompt);
      isFromFragments ||= extracted.has(name);
      folders.push({ key: name, outputs: readNumbered(folder, at, texts) });
    }
  }
  return { folders, prompts: [...prompts.values()], isFromFragments };
}

function readNumbered(folder: ForeignFolder, at: string, texts: GrowingTexts): ReadonlyMap<number, number> {
  return new Map(
    folder
      .names(at)
      .filter((name) => /^\d{1,15}$/.test(name))
      .map((name) => [Number(name), texts.push(folder.passing(join(at, name)))] as const)
      .sort(([a], [b]) => a - b),
  );
}

/** Our own exports list all prompts, also those without an output. */
function listedPrompts(folder: ForeignFolder, { results, part }: RunFolders): readonly PromptText[] {
  const path = join(results, 'prompts.txt');
  if (part === 'unprompted' || !folder.has(path)) return [];
  return promptsIn(path, folder.bytes(path).toString());
}

/** The scripts write the one prompt as it is, with all its lines. */
function promptBeside(folder: ForeignFolder, at: string): PromptText | undefined {
  const path = join(at, 'prompts.txt');
  const prompt = folder.has(path) ? folder.bytes(path).toString() : '';
  return prompt === '' ? undefined : prompt;
}

/** What a first study found, as the prompts of a second one: by their SHA-1. */
function extractedPrompts(folder: ForeignFolder, run: RunFolders): ReadonlyMap<string, string> {
  if (run.part === 'unprompted') return new Map();
  const paths = logFolders(folder, { ...run, part: 'all' })
    .map((logs) => join(logs, 'analyze', 'extract_prompt.json'))
    .filter((path) => folder.has(path));
  const found = paths.flatMap((path) =>
    Object.entries(folder.json<Record<string, { prompt: string }>>(path, isExtracted, 'a map of prompts')),
  );
  return new Map(found.map(([key, { prompt }]) => [key, prompt]));
}

const isExtracted = mapOf(has<{ readonly prompt: string }>({ prompt: text }));
