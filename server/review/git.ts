// Asks git of a work tree. What the repository's own configuration would have git run is switched off: whoever made the
// folder made that, too.

import { execFile } from 'node:child_process';
import { findProgram } from '../../guard/paths/find-program.ts';
import { UserError } from '../errors.ts';

const MAX_OUTPUT_BYTES = 256 << 20;
const TIMEOUT_MS = 120_000;

/** Programs that a repository can name for what is asked here, but for its filters. */
const RUN_NOTHING = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.quotePath=false',
  '-c',
  'diff.external=',
  '-c',
  'log.showSignature=false',
];

/**
 * A repository can say that its objects are fetched when they are asked for, and by which program; a version of git that
 * does not know the first of these is stopped by the second.
 */
const FETCH_NOTHING = { GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };

/** Asks nothing that reads files of the work tree through filters: that is `gitOfWorkTree`. */
export function git(folder: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const own = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  const env = { ...process.env, ...own, ...FETCH_NOTHING };
  const options = { cwd: folder, maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT_MS, env, signal };
  return new Promise((resolve, reject) => {
    execFile(
      findProgram('git'),
      [...RUN_NOTHING, '--no-pager', ...args],
      options,
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if (signal.aborted) return reject(error);
        const isMissing = error.code === 'ENOENT';
        const why = isMissing ? 'git is not installed' : stderr.trim().split('\n')[0] || error.message;
        const asked = args.find((word) => !word.startsWith('-') && !word.includes('='));
        reject(new UserError(`git ${asked} failed in ${folder}: ${why}`, { cause: error }));
      },
    );
  });
}

/** For what compares the files of the work tree: without the filters that the repository itself configures. */
export async function gitOfWorkTree(
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const known = filtersOf.get(signal) ?? ownFilters(folder, signal);
  filtersOf.set(signal, known);
  const without = [...(await known)].flatMap((filter) =>
    ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((part) => ['-c', `filter.${filter}.${part}`]),
  );
  return await git(folder, [...without, ...args], signal);
}

/** Read once a command, which asks of one work tree. */
const filtersOf = new WeakMap<AbortSignal, Promise<ReadonlySet<string>>>();

/** Those of the user and of the system stay: whoever configured them wants them run. */
async function ownFilters(folder: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const asked = ['config', '--null', '--show-scope', '--get-regexp', '^filter[.]'];
  const found = await git(folder, asked, signal).catch((error: Error) => {
    if ((error.cause as { readonly code?: unknown } | undefined)?.code === NONE_FOUND) return '';
    throw error;
  });
  const filters = new Set<string>();
  const parts = found.split('\0');
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const filter = /^filter[.]([^\n]*)[.]/.exec(parts[i + 1]!)?.[1];
    if (filter === undefined || !OF_REPOSITORY.has(parts[i]!)) continue;
    if (filter.includes('=')) {
      throw new UserError(`${folder} configures a filter whose name cannot be switched off`, {
        action: 'Remove it from .git/config.',
      });
    }
    filters.add(filter);
  }
  return filters;
}

const NONE_FOUND = 1;
const OF_REPOSITORY: ReadonlySet<string> = new Set(['local', 'worktree']);

export async function repositoryRoot(folder: string, signal: AbortSignal): Promise<string> {
  const found = await git(folder, ['rev-parse', '--show-toplevel'], signal).catch((cause: Error) => {
    if (signal.aborted) throw cause;
    throw new UserError(cause.message, {
      cause,
      action:
        'Which lines changed, or are an AI’s, is asked of git: run this in a work tree of it, or name files alone.',
    });
  });
  return found.replace(/\r?\n$/, '');
}

/** Throws a `UserError` where the name is none of a commit that is here, or one of git's options. */
export async function checkRevision(root: string, revision: string, signal: AbortSignal): Promise<void> {
  const action =
    'Check its name. A build that fetched only the newest commits has to fetch the others first.';
  const refused = new UserError(`${revision} names no commit of ${root}`, { action });
  if (revision === '' || revision.startsWith('-')) throw refused;
  // Two commits, as git compares them, are for git to judge.
  if (revision.includes('..')) return;
  const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  await git(root, asked, signal).catch((cause: Error) => {
    throw signal.aborted ? cause : refused;
  });
}
