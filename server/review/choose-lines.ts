// Which lines of which files are checked: all of the files that are named, what changed since a commit, what an AI wrote.

import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { walkFolder } from '../corpus/walk-folder.ts';
import { UserError } from '../errors.ts';
import { readTraces } from './agent-traces.ts';
import { byNotes, byTraces, type IsByAi, linesByAi, uncommittedByAi } from './ai-lines.ts';
import { changedLines, untrackedFiles } from './changed-lines.ts';
import { git, repositoryRoot } from './git.ts';
import { missingNotes } from './git-ai-notes.ts';
import { EVERY_LINE, type LineRange, shared } from './line-ranges.ts';
import { countLines, readText } from './reviewed-text.ts';

export type AiLines = 'git-ai' | 'agent-trace';

export interface LineChoice {
  readonly folder: string;
  /** Files, and folders of them. Left out: every file of the work tree that is chosen otherwise. */
  readonly files: readonly string[];
  readonly changedSince?: string | undefined;
  readonly aiLines?: AiLines | undefined;
  /** The file of Agent Trace records, from `folder` on. */
  readonly traces?: string | undefined;
}

export interface ChosenFile {
  readonly path: string;
  readonly ranges: readonly LineRange[];
  /** Whether the user named this file, and not only a folder or lines that it has. */
  readonly isNamed: boolean;
}

export interface ChosenLines {
  readonly files: readonly ChosenFile[];
  /** Sentences: why lines that were asked for are not among them. */
  readonly notes: readonly string[];
}

const DEFAULT_TRACES = '.agent-trace/traces.jsonl';

export async function chooseLines(choice: LineChoice, signal: AbortSignal): Promise<ChosenLines> {
  const { folder, files, changedSince, aiLines } = choice;
  if (choice.traces !== undefined && aiLines !== 'agent-trace') {
    throw new UserError('Records of Agent Trace choose no lines by themselves', {
      action: 'Give --ai-lines agent-trace, too, or leave --agent-trace out.',
    });
  }
  if (changedSince === undefined && aiLines === undefined) {
    if (files.length === 0) {
      throw new UserError('Nothing is to be checked: no file is named', {
        action: 'Name files or folders, or say which lines: --changed-since REV, --ai-lines git-ai.',
      });
    }
    const there = files.map((path) => filesAt(resolve(folder, path)));
    return { files: there.flatMap((each) => each.files), notes: there.flatMap((each) => each.notes) };
  }
  const root = await repositoryRoot(folder, signal);
  const changes = changedSince === undefined ? undefined : await changedLines(root, changedSince, signal);
  const traces = aiLines === 'agent-trace' ? readTraces(tracesFile(choice, root)) : [];
  const traced = new Set(traces.map(({ path }) => path));
  const isByAi =
    aiLines === undefined
      ? undefined
      : aiLines === 'git-ai'
        ? byNotes(root, signal)
        : await byTraces(root, traces, signal);
  const untracked = await untrackedFiles(root, signal);
  const candidates = changes ? [...changes.keys()] : [...(await trackedFiles(root, signal)), ...untracked];
  const named = files.map((path) => pathInside(root, resolve(folder, path)));
  const wanted =
    named.length === 0 ? candidates : candidates.filter((path) => named.some((place) => isAt(place, path)));
  const chosen: ChosenFile[] = [];
  for (const path of wanted) {
    // A link is no text of its own, and what was deleted has no lines.
    if (!lstatSync(resolve(root, path), { throwIfNoEntry: false })?.isFile()) continue;
    const changed = changes?.get(path) ?? EVERY_LINE;
    const ranges = isByAi ? shared(changed, await byAi(path, isByAi)) : changed;
    if (ranges.length > 0) chosen.push({ path: resolve(root, path), ranges, isNamed: named.includes(path) });
  }
  const notes = aiLines === 'git-ai' ? await missingNotes(root, signal) : [];
  for (const place of named) {
    const path = relative(folder, resolve(root, place));
    if (place.startsWith('../')) notes.push(`${path} lies outside of the repository ${root}`);
    else if (!existsSync(resolve(root, place))) {
      if (!(await wasThere(root, changedSince ?? 'HEAD', place, signal))) notes.push(`${path} is not there`);
    } else if (place !== '' && !candidates.some((each) => isAt(place, each))) {
      const isKnown = (await git(root, ['ls-files', '-z', '--', place], signal)) !== '';
      if (!isKnown) notes.push(`git knows nothing of ${path}: it is ignored, or empty`);
    }
  }
  return { files: chosen, notes };

  async function byAi(path: string, isAi: IsByAi): Promise<readonly LineRange[]> {
    if (!untracked.has(path)) return await linesByAi(root, path, isAi, signal);
    // No commit has a file that git does not know, so notes say nothing of it; a record may.
    if (!traced.has(path)) return [];
    const text = readText(resolve(root, path));
    // Why it is not looked up is told there.
    return typeof text === 'string' ? EVERY_LINE : await uncommittedByAi(path, countLines(text), isAi);
  }
}

/** A folder's own files, as a corpus would have them. */
function filesAt(path: string): ChosenLines {
  if (!isFolder(path)) return { files: [{ path, ranges: EVERY_LINE, isNamed: true }], notes: [] };
  const { files, problems } = walkFolder(path);
  return {
    files: files.map((file) => ({ path: resolve(path, file.path), ranges: EVERY_LINE, isNamed: false })),
    notes: problems.map(({ message }) => message),
  };
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** One that is named is looked for where the command is run. */
const tracesFile = ({ folder, traces }: LineChoice, root: string): string =>
  traces === undefined ? resolve(root, DEFAULT_TRACES) : resolve(folder, traces);

/** With `/` between the parts, as git has it. */
const pathInside = (root: string, path: string): string =>
  relative(root, realPath(path)).split(sep).join('/');

/** The root is what git says, without links. */
function realPath(path: string): string {
  try {
    return isFolder(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

const isAt = (place: string, path: string) => place === '' || path === place || path.startsWith(`${place}/`);

async function trackedFiles(root: string, signal: AbortSignal): Promise<readonly string[]> {
  return (await git(root, ['ls-files', '-z'], signal)).split('\0').filter((path) => path !== '');
}

/** Whether a file that is gone was there once: what was deleted is no mistake of whoever names it. */
async function wasThere(root: string, revision: string, path: string, signal: AbortSignal): Promise<boolean> {
  const asked = ['ls-tree', '-z', '--name-only', revision, '--', path];
  return (await git(root, asked, signal).catch(() => '')) !== '';
}
