// Lines that notes of git-ai say an AI wrote (refs/notes/ai, version 3 of its standard): for each commit its files, below
// each the sessions with their lines, then a line of dashes and JSON about the sessions.

import { git } from './git.ts';
import { holdsLine, joined, type LineRange } from './line-ranges.ts';

const NOTES = 'refs/notes/ai';
/** Notes hold whole conversations. */
const MAX_NOTE_CHARACTERS = 64 << 20;

/** Keyed by path; undefined where the commit has no note of a version that is known. */
export type NotedLines = ReadonlyMap<string, readonly LineRange[]>;

export async function readNote(
  root: string,
  commit: string,
  signal: AbortSignal,
): Promise<NotedLines | undefined> {
  try {
    // `git notes show` would show a commit in the place of a note, and run what the repository names for that.
    const note = (await git(root, ['notes', `--ref=${NOTES}`, 'list', commit], signal)).trim();
    return parseNote(await git(root, ['cat-file', 'blob', note], signal));
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined; // It has none.
  }
}

/** A sentence where the work tree has no notes at all: then nothing can be found, whoever wrote it. */
export async function missingNotes(root: string, signal: AbortSignal): Promise<string[]> {
  const found = await git(root, ['for-each-ref', '--count=1', NOTES], signal);
  if (found.trim() !== '') return [];
  return [`No notes of git-ai are here (${NOTES}). Fetch them: git fetch origin ${NOTES}:${NOTES}`];
}

export function parseNote(note: string): NotedLines | undefined {
  if (note.length > MAX_NOTE_CHARACTERS) return undefined;
  const dashes = /^---\r?\n/m.exec(note);
  if (!dashes || !isVersion3(note.slice(dashes.index + dashes[0].length))) return undefined;
  const attested = note.slice(0, dashes.index);
  const files = new Map<string, LineRange[]>();
  let ranges: LineRange[] | undefined;
  for (const line of attested.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    if (!/^\s/.test(line)) {
      const path = /^".*"$/.test(line) ? line.slice(1, -1) : line;
      ranges = files.get(path) ?? [];
      files.set(path, ranges);
      continue;
    }
    const [, session = '', lines = ''] = /^\s+(\S+)\s+(\S+)\s*$/.exec(line) ?? [];
    // Sessions of people are noted, too.
    if (session.startsWith('h_')) continue;
    for (const part of lines.split(',')) {
      const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      if (first !== undefined) ranges?.push({ first: Number(first), last: Number(last ?? first) });
    }
  }
  return new Map(Array.from(files, ([path, ranges]) => [path, joined(ranges)]));
}

function isVersion3(about: string): boolean {
  try {
    const { schema_version: version } = JSON.parse(about) as { readonly schema_version?: unknown };
    return typeof version === 'string' && version.startsWith('authorship/3.');
  } catch {
    return false;
  }
}

export const notedLine = (noted: NotedLines | undefined, path: string, line: number): boolean =>
  holdsLine(noted?.get(path) ?? [], line);
