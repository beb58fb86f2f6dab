// The lines of a work tree that were added or changed since a commit, by file: those of files that git does not know yet
// are all of them.

import { checkRevision, git, gitOfWorkTree } from './git.ts';
import { EVERY_LINE, type LineRange } from './line-ranges.ts';

/** Keyed by path below the repository's root. */
export type LinesOfFiles = ReadonlyMap<string, readonly LineRange[]>;

export async function changedLines(
  root: string,
  revision: string,
  signal: AbortSignal,
): Promise<LinesOfFiles> {
  await checkRevision(root, revision, signal);
  const diff = ['diff', '--unified=0', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames'];
  const form = ['--src-prefix=a/', '--dst-prefix=b/', '--diff-filter=AM', '--ignore-submodules=all'];
  const changes = parseDiff(await gitOfWorkTree(root, [...diff, ...form, revision, '--'], signal));
  for (const path of await untrackedFiles(root, signal)) changes.set(path, EVERY_LINE);
  return changes;
}

/** Files that git does not know, and is not told to ignore. */
export async function untrackedFiles(root: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const others = await git(root, ['ls-files', '--others', '--exclude-standard', '-z'], signal);
  return new Set(others.split('\0').filter((path) => path !== ''));
}

function parseDiff(diff: string): Map<string, readonly LineRange[]> {
  const changes = new Map<string, LineRange[]>();
  let ranges: LineRange[] | undefined;
  // Lines of the files themselves begin with + or -, and these only stand between headers.
  let left = 0;
  for (const line of diff.split('\n')) {
    if (left > 0 && /^[-+\\]/.test(line)) {
      if (!line.startsWith('\\')) left--;
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk) {
      const [first, n] = [Number(hunk[2]), Number(hunk[3] ?? 1)];
      left = Number(hunk[1] ?? 1) + n;
      if (n > 0) ranges?.push({ first, last: first + n - 1 });
      continue;
    }
    const file = /^\+\+\+ (?:b\/(.*?)|"b\/(.*)")\t?$/.exec(line);
    if (!file) continue;
    ranges = [];
    changes.set(file[1] ?? unquote(file[2] ?? ''), ranges);
  }
  return changes;
}

/** Names with control characters or quotes are written as C writes strings. */
const unquote = (name: string): string =>
  name.replace(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, letter: string) =>
    octal ? String.fromCharCode(Number.parseInt(octal, 8)) : (ESCAPES[letter] ?? letter),
  );

const ESCAPES: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};
