// The lines of files in the work tree that an AI wrote, as those say who noted it: a line belongs to the commit that
// git blames for it, and is looked for in what was noted of that commit.

import type { TracedFile } from './agent-traces.ts';
import { type BlamedLine, blame, UNCOMMITTED } from './blame.ts';
import { git } from './git.ts';
import { type NotedLines, notedLine, readNote } from './git-ai-notes.ts';
import { holdsLine, joined, type LineRange, toRanges } from './line-ranges.ts';

/** Whether the line, which now has the number `now`, is an AI's. */
export type IsByAi = (line: BlamedLine, now: number) => Promise<boolean> | boolean;

export function byNotes(root: string, signal: AbortSignal): IsByAi {
  const notes = new Map<string, Promise<NotedLines | undefined>>();
  return async ({ commit, path, line }) => {
    if (UNCOMMITTED.test(commit)) return false;
    let note = notes.get(commit);
    if (!note) {
      note = readNote(root, commit, signal);
      notes.set(commit, note);
    }
    return notedLine(await note, path, line);
  };
}

export async function byTraces(
  root: string,
  traces: readonly TracedFile[],
  signal: AbortSignal,
): Promise<IsByAi> {
  const ofPaths = Map.groupBy(traces, ({ path }) => path);
  const byPath = new Map(Array.from(ofPaths, ([path, own]) => [path, byRevision(own)]));
  const head = await git(root, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal).catch(() => '');
  return ({ commit, path, line }, now) => {
    const traced = byPath.get(path);
    const holds = (revision: string | undefined, at: number) => holdsLine(traced?.get(revision) ?? [], at);
    // What was traced before it was committed stands where it stands now.
    if (UNCOMMITTED.test(commit)) return holds(undefined, now) || holds(head.trim(), now);
    return holds(undefined, now) || holds(commit, line);
  };
}

function byRevision(traces: readonly TracedFile[]): ReadonlyMap<string | undefined, readonly LineRange[]> {
  const grouped = Map.groupBy(traces, ({ revision }) => revision);
  return new Map(
    Array.from(grouped, ([revision, own]) => [revision, joined(own.flatMap(({ ranges }) => ranges))]),
  );
}

/** For a file that git does not know, of so many lines: they are uncommitted, each where it is now. */
export async function uncommittedByAi(
  path: string,
  nLines: number,
  isByAi: IsByAi,
): Promise<readonly LineRange[]> {
  const lines: number[] = [];
  for (let line = 1; line <= nLines; line++)
    if (await isByAi({ commit: '0', path, line }, line)) lines.push(line);
  return toRanges(lines);
}

export async function linesByAi(
  root: string,
  path: string,
  isByAi: IsByAi,
  signal: AbortSignal,
): Promise<readonly LineRange[]> {
  const lines: number[] = [];
  for (const [i, line] of (await blame(root, path, signal)).entries()) {
    if (await isByAi(line, i + 1)) lines.push(i + 1);
  }
  return toRanges(lines);
}
