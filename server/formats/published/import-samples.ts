// The outputs of a published run: every one, the first and the last too, with where each stands in its merged
// file, so that the logs' line numbers can be brought back to it.

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { PromptText } from '../../../protocol/study.ts';
import { UserError } from '../../errors.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { promptsIn } from '../read-prompt-file.ts';
import { mergedFiles, separateFolder } from './layout.ts';
import { readMergedMap } from './merged-map.ts';
import { isSeparator, mergedLength, mergeText, toValidUtf8 } from './merged-text.ts';
import { promptKey } from './prompt-key.ts';

export interface PublishedSample {
  readonly sampleId: number;
  readonly promptIndex: number | null;
  /** One character a byte. */
  readonly text: string;
}

export interface MergedSample {
  readonly sampleId: number;
  /** 1-based lines of the merged file, the separator not counted. */
  readonly start: number;
  readonly nLines: number;
  readonly lines: readonly string[];
  /** For each of these lines: its 1-based line in the sample. */
  readonly rawLine: readonly number[];
}

export interface PublishedSamples {
  readonly samples: readonly PublishedSample[];
  readonly prompts: readonly PromptText[];
  /** Keyed by the merged file's name, in order of `start`. */
  readonly merged: ReadonlyMap<string, readonly MergedSample[]>;
}

export function importSamples(folder: ForeignFolder, results: string): PublishedSamples {
  const promptFile = join(results, 'prompts.txt');
  const prompts = folder.has(promptFile) ? promptsIn(promptFile, folder.bytes(promptFile).toString()) : [];
  const separate = new Map(readSeparate(folder, results, prompts).map((sample) => [sample.sampleId, sample]));
  const merged = new Map<string, readonly MergedSample[]>();
  for (const path of mergedFiles(folder, results)) {
    const parts = readMerged(folder, path).map(({ sampleId, start, lines, text }): MergedSample => {
      const known = separate.get(sampleId);
      // The single file says more: its empty lines, and how its lines ended.
      const whole = known && mergeText(known.text);
      const isSame = whole && toValidUtf8(whole.text) === toValidUtf8(text);
      if (!isSame) separate.set(sampleId, { sampleId, promptIndex: known?.promptIndex ?? null, text });
      return {
        sampleId,
        start,
        nLines: lines.length,
        lines: isSame ? whole.text.split('\n') : lines,
        rawLine: isSame ? whole.rawLine : lines.map((_, i) => i + 1),
      };
    });
    merged.set(basename(path), parts);
  }
  const samples = [...separate.values()].sort((a, b) => a.sampleId - b.sampleId);
  if (samples.length === 0) {
    throw new UserError(`${results} holds no outputs`, {
      action: 'It must hold a folder "seperate" or "internet", or a merged file "all".',
    });
  }
  return { samples, prompts, merged };
}

function readSeparate(
  folder: ForeignFolder,
  results: string,
  prompts: readonly PromptText[],
): PublishedSample[] {
  const plain = separateFolder(folder, results);
  const found = plain ? readNumbered(folder, plain, null) : [];
  const internet = join(results, 'internet');
  if (!folder.isFolder(internet)) return found;
  const hashes = prompts.map((prompt) => createHash('sha1').update(promptKey(prompt)).digest('hex'));
  const taken = new Set(found.map(({ sampleId }) => sampleId));
  for (const name of folder.names(internet)) {
    const index = hashes.indexOf(name);
    const samples = readNumbered(folder, join(internet, name), index < 0 ? null : index);
    // Published runs count from 1 under each prompt: such outputs are numbered on.
    const clashes = samples.some(({ sampleId }) => taken.has(sampleId));
    let next = Math.max(0, ...taken) + 1;
    for (const sample of samples) {
      const sampleId = clashes ? next++ : sample.sampleId;
      taken.add(sampleId);
      found.push({ ...sample, sampleId });
    }
  }
  return found;
}

function readNumbered(folder: ForeignFolder, at: string, promptIndex: number | null): PublishedSample[] {
  return folder
    .names(at)
    .filter((name) => /^\d{1,15}$/.test(name))
    .map((name) => ({ sampleId: Number(name), promptIndex, text: folder.text(join(at, name)) }));
}

interface MergedPart {
  readonly sampleId: number;
  readonly start: number;
  readonly lines: readonly string[];
  readonly text: string;
}

function readMerged(folder: ForeignFolder, path: string): readonly MergedPart[] {
  const ids = readMergedMap(folder, path);
  const firstId = Number(/(\d+)-\d+$/.exec(path)?.[1] ?? 1);
  const parts: MergedPart[] = [];
  let lines: string[] = [];
  let start = 1;
  for (const line of folder.lines(path)) {
    if (!isSeparator(line)) {
      lines.push(line);
      continue;
    }
    const text = lines.join('\n');
    const kept = text.endsWith('\n') ? lines.slice(0, -1) : lines;
    parts.push({ sampleId: ids.get(start) ?? firstId + parts.length, start, lines: kept, text });
    start += mergedLength(text);
    lines = [];
  }
  return parts;
}
