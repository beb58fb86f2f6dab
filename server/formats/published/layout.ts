// Names and places in the published study's folders (docs/published-study.md). Later versions of its scripts spell
// some of them another way: both are read, the first is written.

import { basename, join } from 'node:path';
import type { ForeignFolder } from '../foreign-folder.ts';

/** What a folder's name says of how its outputs were sampled. */
export interface RunName {
  readonly model: string;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly topK: number;
  /** Only later versions say it. */
  readonly strategy: string | null;
}

export function formatRunName({ model, temperature, maxTokens, topK }: RunName): string {
  // Python writes a float with at least one decimal.
  const written = Number.isInteger(temperature) ? temperature.toFixed(1) : String(temperature);
  return `${model}-temp${written}-len${maxTokens}-k${topK}`;
}

export function parseRunName(name: string): RunName | undefined {
  const match = /^(.+)-temp(\d+(?:\.\d*)?|\.\d+)-len(\d+)-k(\d+)(?:-(npg|tdg|pcg|tsg))?$/.exec(name);
  if (!match) return undefined;
  const [, model = '', temperature, maxTokens, topK, strategy] = match;
  return {
    model,
    temperature: Number(temperature),
    maxTokens: Number(maxTokens),
    topK: Number(topK),
    strategy: strategy ?? null,
  };
}

/** The folders of one run. */
export interface RunFolders {
  readonly name: RunName;
  readonly results: string;
  /** Null where nothing has been compared yet. */
  readonly logs: string | null;
}

/** Every run of a folder, in order of name; a model's name may hold folders (`codeparrot/codeparrot-small`). */
export function findRuns(folder: ForeignFolder): readonly RunFolders[] {
  const { root } = folder;
  const results = join(root, 'extract', 'results');
  return foldersBelow(folder, results, 2).flatMap((path) => {
    const parsed = parseRunName(basename(path));
    if (!parsed) return [];
    const below = path.slice(results.length + 1);
    const model = join(below, '..', parsed.model);
    const logs = ['', '-npg', '-tdg', '-pcg', '-tsg']
      .map((suffix) => join(root, 'log', 'save', below.replace(/-(npg|tdg|pcg|tsg)$/, '') + suffix))
      .find((path) => folder.isFolder(path));
    return [{ name: { ...parsed, model }, results: path, logs: logs ?? null }];
  });
}

/** The outputs one by one; undefined where only the merged file is left. */
export const separateFolder = (folder: ForeignFolder, results: string): string | undefined =>
  ['seperate', 'separate'].map((name) => join(results, name)).find((path) => folder.isFolder(path));

/** The merged files `all`, `all_{s}-{e}`, in order of their first output. */
export function mergedFiles(folder: ForeignFolder, results: string): readonly string[] {
  return folder
    .names(results)
    .filter((name) => isMergedName(name))
    .sort((a, b) => firstOutput(a) - firstOutput(b))
    .map((name) => join(results, name));
}

/** Judged by the whole name: a training file may well have these letters in its path. */
export const isMergedName = (name: string): boolean => /^all(?:_(?:[0-9a-f]{40}-)?\d+-\d+)?$/.test(name);

export const mapOfMerged = (merged: string): string =>
  join(merged, '..', `${basename(merged).replace(/^all/, 'map')}.json`);

/** Shard logs `0.log`, `1.log`, …, of the run and of its chunks (`{s}-{e}/0.log`). */
export function logFiles(
  folder: ForeignFolder,
  logs: string,
): readonly { readonly shard: number; readonly path: string }[] {
  const folders = [
    logs,
    ...folder
      .names(logs)
      .filter((name) => /^\d+-\d+$/.test(name))
      .map((name) => join(logs, name)),
  ];
  return folders
    .filter((path) => folder.isFolder(path))
    .flatMap((path) =>
      folder
        .names(path)
        .filter((name) => /^\d{1,6}\.log$/.test(name))
        .map((name) => ({ shard: Number.parseInt(name, 10), path: join(path, name) })),
    )
    .sort((a, b) => a.shard - b.shard || (a.path < b.path ? -1 : 1));
}

const firstOutput = (name: string) => Number(/(\d+)-\d+$/.exec(name)?.[1] ?? 0);

function foldersBelow(folder: ForeignFolder, at: string, depth: number): readonly string[] {
  if (!folder.isFolder(at)) return [];
  const children = folder
    .names(at)
    .map((name) => join(at, name))
    .filter((path) => folder.isFolder(path));
  return children.flatMap((path) => [path, ...(depth > 1 ? foldersBelow(folder, path, depth - 1) : [])]);
}
