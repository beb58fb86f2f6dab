// Names and places in the published study's folders (docs/published-study.md). Later versions of its scripts spell
// some of them another way: both are read, the first is written.

import { basename, join } from 'node:path';
import type { Strategy } from '../../../protocol/study.ts';
import type { ForeignFolder } from '../foreign-folder.ts';

/** What a folder's name says of how its outputs were sampled. */
export interface RunName {
  readonly model: string;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly topK: number;
  /** Only later versions say it. */
  readonly strategy: Strategy | null;
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
    strategy: (strategy as Strategy | undefined) ?? null,
  };
}

/**
 * Which of the outputs in a run's folder are meant: those without a prompt, those below `internet/`, or all, where there are but
 * the ones or the others. The scripts keep both in one folder, and they are two studies.
 */
export type RunPart = 'all' | 'unprompted' | 'prompted';

/** The folders of one run. */
export interface RunFolders {
  readonly name: RunName;
  /** What `--run` calls it: its folder below `extract/results`, and `/internet` where that holds a run of its own. */
  readonly title: string;
  readonly part: RunPart;
  readonly results: string;
  /** Null where nothing has been compared yet. */
  readonly logs: string | null;
}

/** Every run of a folder, in order of name; a model's name may hold folders (`codeparrot/codeparrot-small`). */
export function findRuns(folder: ForeignFolder): readonly RunFolders[] {
  const { root } = folder;
  const results = join(root, 'extract', 'results');
  return runFolders(folder, results, MODEL_DEPTH).flatMap((path): readonly RunFolders[] => {
    const parsed = parseRunName(basename(path))!;
    const below = path.slice(results.length + 1);
    const model = join(below, '..', parsed.model);
    const logs = ['', '-npg', '-tdg', '-pcg', '-tsg']
      .map((suffix) => join(root, 'log', 'save', below.replace(/-(npg|tdg|pcg|tsg)$/, '') + suffix))
      .find((path) => folder.isFolder(path));
    const run = { name: { ...parsed, model }, results: path, logs: logs ?? null };
    // An export of Verbatim is one study, whichever outputs have a prompt.
    const isOwn = logs !== undefined && folder.has(join(logs, OWN_EXPORT));
    const isPrompted = folder.isFolder(join(path, PROMPTED));
    if (isOwn || !isPrompted || separateFolder(folder, path) === undefined) {
      return [{ ...run, title: below, part: 'all' }];
    }
    return [
      { ...run, title: below, part: 'unprompted' },
      { ...run, title: join(below, PROMPTED), part: 'prompted' },
    ];
  });
}

/** Folders that a model's name may hold, its last part counted. */
const MODEL_DEPTH = 4;

/** Holds the outputs of prompts: one folder a prompt, called by its SHA-1, or the outputs themselves. */
export const PROMPTED = 'internet';

/** Beside the logs of an export of Verbatim: what the layout cannot hold. */
export const OWN_EXPORT = 'verbatim-study.json';

/** A folder called by the SHA-1 of a prompt. */
const isPromptKey = (name: string): boolean => /^[0-9a-f]{40}$/.test(name);

/** No prompt's: the outputs of all prompts, copied into one folder to be compared at once. */
export const COMBINED_KEY = 'f'.repeat(40);

/** The outputs one by one; undefined where only the merged file is left. */
export const separateFolder = (folder: ForeignFolder, results: string): string | undefined =>
  ['seperate', 'separate'].map((name) => join(results, name)).find((path) => folder.isFolder(path));

/** The merged files of a run, in order of their first output. */
export function mergedFiles(folder: ForeignFolder, { results, part }: RunFolders): readonly MergedFile[] {
  return folder
    .names(results)
    .flatMap((name) => {
      const merged = asMergedFile(join(results, name));
      if (!merged || folder.isFolder(merged.path)) return [];
      return part === 'all' || (part === 'prompted') === (merged.key !== null) ? [merged] : [];
    })
    .sort((a, b) => (a.range?.first ?? 0) - (b.range?.first ?? 0));
}

export interface MergedFile {
  readonly path: string;
  /** The prompt whose outputs it holds, where the name says one. */
  readonly key: string | null;
  /** The numbers in its name: those of its outputs, or the first one less. */
  readonly range: { readonly first: number; readonly last: number } | null;
}

/** Told by its name: `all`, `all_{s}-{e}`, `all_{n}` or `all_{sha1}-{s}-{e}`; undefined for others. */
export function asMergedFile(path: string): MergedFile | undefined {
  const match = MERGED.exec(basename(path));
  if (!match) return undefined;
  const [, key = null, first, last] = match;
  return { path, key, range: first === undefined ? null : { first: Number(first), last: Number(last) } };
}

const MERGED = /^all(?:_(?:([0-9a-f]{40})-)?(\d{1,15})-(\d{1,15})|_\d{1,15})?$/;

/** Judged by the whole name: a training file may well have these letters in its path. */
export const isMergedName = (name: string): boolean => MERGED.test(name);

/** Paths at which the map of a merged file may lie. Those of several prompts overwrote each other: the name says none. */
export const mapsOfMerged = ({ path }: Pick<MergedFile, 'path'>): readonly string[] => {
  const name = basename(path).replace(/^all/, 'map');
  return [name, name.replace(/_[0-9a-f]{40}-/, '_')].map((one) => join(path, '..', `${one}.json`));
};

/**
 * The folders that hold a run's logs: its own, those of its chunks (`{s}-{e}`, `{n}`), those of its prompts, and their chunks. Chunks' names
 * begin with their first output; what follows the last differs.
 */
export function logFolders(folder: ForeignFolder, { logs, part }: RunFolders): readonly string[] {
  if (logs === null) return [];
  const below = (at: string, isMeant: (name: string) => boolean) =>
    folder
      .names(at)
      .filter(isMeant)
      .map((name) => join(at, name))
      .filter((path) => folder.isFolder(path));
  const ofPrompts = part === 'unprompted' ? [] : below(logs, isPromptKey);
  const whole = [...(part === 'prompted' ? [] : [logs]), ...ofPrompts];
  return whole.flatMap((at) => [at, ...below(at, (name) => CHUNK.test(name) && !isPromptKey(name))]);
}

const CHUNK = /^\d+(?:-\d.*)?$/;

/** The logs of these folders, one a shard: `0.log`, `1.log`, … */
export function logFiles(
  folder: ForeignFolder,
  folders: readonly string[],
): readonly { readonly shard: number; readonly path: string }[] {
  return folders
    .flatMap((path) =>
      folder
        .names(path)
        .filter((name) => /^\d{1,6}\.log$/.test(name))
        .map((name) => ({ shard: Number.parseInt(name, 10), path: join(path, name) })),
    )
    .sort((a, b) => a.shard - b.shard || (a.path < b.path ? -1 : 1));
}

/** Folders whose names say how outputs were sampled. What is in them is not looked at: there may be many thousands of files. */
function runFolders(folder: ForeignFolder, at: string, depth: number): readonly string[] {
  if (!folder.isFolder(at)) return [];
  return folder
    .names(at)
    .map((name) => join(at, name))
    .filter((path) => folder.isFolder(path))
    .flatMap((path) => {
      if (parseRunName(basename(path))) return [path];
      return depth > 1 ? runFolders(folder, path, depth - 1) : [];
    });
}
