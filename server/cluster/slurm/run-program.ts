// Asks one of Slurm's programs. It is started with a list of arguments, never through a shell.

import { execFile } from 'node:child_process';
import { UserError } from '../../errors.ts';

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const MOST_BYTES = 256 << 20;
/** A controller that is down is asked again; a network that swallows everything is not waited for. */
const LIMIT_MS = 120_000;

/** Rejects only where the program is not there, or never answers. */
export function ask(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      env: { ...process.env, ...env },
      maxBuffer: MOST_BYTES,
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    } as const;
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout, stderr, exitCode: 0 });
      if (typeof error.code === 'number') return resolve({ stdout, stderr, exitCode: error.code });
      if (error.code === 'ENOENT') return reject(notHere(program));
      // Ended after it took too long.
      resolve({
        stdout,
        stderr: stderr || `${program} gave no answer in time; communication failed`,
        exitCode: 1,
      });
    });
  });
}

const notHere = (program: string): UserError =>
  new UserError(`There is no ${program} here, so nothing can be handed over to Slurm`, {
    action:
      'Run this on a login node of the cluster. For another scheduler, take --executor array; for this machine alone, --executor local.',
  });

/** A program's own words, without its name before each of them. */
export const wordsOf = ({ stderr, stdout }: Answer, program: string): string =>
  (stderr.trim() || stdout.trim())
    .split('\n')
    .map((line) => line.replace(new RegExp(`^${program}: (error: )?`), ''))
    .join('; ');
