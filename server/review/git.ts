// Asks git of a work tree. What the repository's own configuration would have git run is switched off.

import { execFile } from 'node:child_process';
import { UserError } from '../errors.ts';

const MAX_OUTPUT_BYTES = 256 << 20;
const TIMEOUT_MS = 120_000;

/** Programs that a repository can name for what is asked here. */
const RUN_NOTHING = ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false', '-c', 'diff.external='];

export function git(folder: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  const options = { cwd: folder, maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT_MS, env, signal };
  return new Promise((resolve, reject) => {
    execFile('git', [...RUN_NOTHING, '--no-pager', ...args], options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if (signal.aborted) return reject(error);
      const isMissing = error.code === 'ENOENT';
      const why = isMissing ? 'git is not installed' : stderr.trim().split('\n')[0] || error.message;
      reject(new UserError(`git ${args[0]} failed in ${folder}: ${why}`, { cause: error }));
    });
  });
}

export async function repositoryRoot(folder: string, signal: AbortSignal): Promise<string> {
  return (await git(folder, ['rev-parse', '--show-toplevel'], signal)).replace(/\r?\n$/, '');
}

/** A name of a commit that is none of git's options. */
export function checkRevision(revision: string): void {
  if (revision === '' || revision.startsWith('-')) throw new UserError(`${revision} names no commit`);
}
