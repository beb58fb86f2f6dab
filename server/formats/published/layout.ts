// Names and places in the published study's folders (docs/published-study.md). Later versions of its scripts spell
// some of them another way: both are read, the first is written.

import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

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
  const match = /^(.+)-temp([\d.]+)-len(\d+)-k(\d+)(?:-(npg|tdg|pcg|tsg))?$/.exec(name);
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

/** Every run below `root`, in order of name; a model's name may hold folders (`codeparrot/codeparrot-small`). */
export function findRuns(root: string): readonly RunFolders[] {
  const results = join(root, 'extract', 'results');
  return foldersBelow(results, 2).flatMap((path) => {
    const parsed = parseRunName(basename(path));
    if (!parsed) return [];
    const below = path.slice(results.length + 1);
    const model = join(below, '..', parsed.model);
    const logs = ['', '-npg', '-tdg', '-pcg', '-tsg']
      .map((suffix) => join(root, 'log', 'save', below.replace(/-(npg|tdg|pcg|tsg)$/, '') + suffix))
      .find(isFolder);
    return [{ name: { ...parsed, model }, results: path, logs: logs ?? null }];
  });
}

/** The outputs one by one; undefined where only the merged file is left. */
export const separateFolder = (results: string): string | undefined =>
  ['seperate', 'separate'].map((name) => join(results, name)).find(isFolder);

/** The merged files `all`, `all_{s}-{e}`, in order of their first output. */
export function mergedFiles(results: string): readonly string[] {
  return readdirSync(results)
    .filter((name) => isMergedName(name))
    .sort((a, b) => firstOutput(a) - firstOutput(b))
    .map((name) => join(results, name));
}

/** By its whole name: a training file may well have these letters in its path. */
export const isMergedName = (name: string): boolean => /^all(?:_(?:[0-9a-f]{40}-)?\d+-\d+)?$/.test(name);

export const mapOfMerged = (merged: string): string =>
  join(merged, '..', `${basename(merged).replace(/^all/, 'map')}.json`);

/** Shard logs `0.log`, `1.log`, …, of the run and of its chunks (`{s}-{e}/0.log`). */
export function logFiles(logs: string): readonly { readonly shard: number; readonly path: string }[] {
  const folders = [
    logs,
    ...readdirSync(logs)
      .filter((name) => /^\d+-\d+$/.test(name))
      .map((name) => join(logs, name)),
  ];
  return folders
    .filter(isFolder)
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /^\d+\.log$/.test(name))
        .map((name) => ({ shard: Number.parseInt(name, 10), path: join(folder, name) })),
    )
    .sort((a, b) => a.shard - b.shard || (a.path < b.path ? -1 : 1));
}

export const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const firstOutput = (name: string) => Number(/(\d+)-\d+$/.exec(name)?.[1] ?? 0);

function foldersBelow(folder: string, depth: number): readonly string[] {
  if (!isFolder(folder)) return [];
  const children = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter(isFolder);
  return children.flatMap((path) => [path, ...(depth > 1 ? foldersBelow(path, depth - 1) : [])]);
}
