// Which lines of which files are checked: all of the files that are named, what changed since a commit, what an AI wrote.

import { lstatSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { readTraces } from './agent-traces.ts';
import { byNotes, byTraces, linesByAi } from './ai-lines.ts';
import { changedLines } from './changed-lines.ts';
import { git, repositoryRoot } from './git.ts';
import { EVERY_LINE, type LineRange, shared } from './line-ranges.ts';

export type AiLines = 'git-ai' | 'agent-trace';

export interface LineChoice {
  readonly folder: string;
  /** Left out: every file of the work tree that is chosen otherwise. */
  readonly files: readonly string[];
  readonly changedSince?: string | undefined;
  readonly aiLines?: AiLines | undefined;
  /** The file of Agent Trace records. */
  readonly traces?: string | undefined;
}

export interface ChosenFile {
  readonly path: string;
  readonly ranges: readonly LineRange[];
}

const DEFAULT_TRACES = '.agent-trace/traces.jsonl';

export async function chooseLines(choice: LineChoice, signal: AbortSignal): Promise<readonly ChosenFile[]> {
  const { folder, files, changedSince, aiLines } = choice;
  if (changedSince === undefined && aiLines === undefined) {
    if (files.length === 0) {
      throw new UserError('Nothing is to be checked: no file is named', {
        action: 'Name files, or say which lines: --changed-since REV, --ai-lines git-ai.',
      });
    }
    return files.map((path) => ({ path: resolve(folder, path), ranges: EVERY_LINE }));
  }
  const root = await repositoryRoot(folder, signal);
  const changes = changedSince === undefined ? undefined : await changedLines(root, changedSince, signal);
  const isByAi =
    aiLines === undefined
      ? undefined
      : aiLines === 'git-ai'
        ? byNotes(root, signal)
        : await byTraces(root, readTraces(resolve(root, choice.traces ?? DEFAULT_TRACES)), signal);
  const named = files.map((path) => relative(root, resolve(folder, path)).split(sep).join('/'));
  const candidates = changes ? [...changes.keys()] : await trackedFiles(root, signal);
  const wanted = named.length === 0 ? candidates : candidates.filter((path) => named.includes(path));
  const chosen: ChosenFile[] = [];
  for (const path of wanted) {
    // A link is no text of its own, and what was deleted has no lines.
    if (!lstatSync(resolve(root, path), { throwIfNoEntry: false })?.isFile()) continue;
    const changed = changes?.get(path) ?? EVERY_LINE;
    // Nobody has noted anything of a file that git does not know.
    const isUnknown = changes !== undefined && changed === EVERY_LINE;
    const ranges =
      isByAi && !isUnknown ? shared(changed, await linesByAi(root, path, isByAi, signal)) : changed;
    if (ranges.length > 0 && !(isByAi && isUnknown)) chosen.push({ path: resolve(root, path), ranges });
  }
  return chosen;
}

async function trackedFiles(root: string, signal: AbortSignal): Promise<readonly string[]> {
  return (await git(root, ['ls-files', '-z'], signal)).split('\0').filter((path) => path !== '');
}
