// What Slurm says of jobs that have ended: scontrol for as long as the controller remembers them, sacct where the cluster keeps
// accounts.

import type { JobEnding } from '../job-queue.ts';
import { parseIndices } from './array-indices.ts';
import { NO_FOLDER, NO_PROGRAM } from './job-script.ts';
import { ask } from './run-program.ts';

export interface EndedElement extends Omit<JobEnding, 'log'> {
  readonly jobId: number;
  readonly index: number;
}

/** The ends of an array's elements, as far as anybody knows. */
export async function endedElements(jobId: number): Promise<readonly EndedElement[]> {
  const told = await ask('scontrol', ['show', 'job', '--oneliner', String(jobId)]);
  const known =
    told.exitCode === 0 ? told.stdout.split('\n').flatMap((line) => fromScontrol(jobId, line)) : [];
  if (known.length > 0) return known;
  const format = '--format=JobID,State,ExitCode,NodeList';
  const accounts = await ask('sacct', [
    '--noheader',
    '--parsable2',
    '--allocations',
    '--jobs',
    String(jobId),
    format,
  ])
    // Nothing but a missing program rejects, and not every cluster has this one.
    .catch(() => undefined);
  if (accounts?.exitCode !== 0) return [];
  return accounts.stdout.split('\n').flatMap((line) => fromSacct(jobId, line));
}

export function fromScontrol(jobId: number, line: string): readonly EndedElement[] {
  const field = (name: string) => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1];
  const state = field('JobState');
  if (state === undefined) return [];
  const told = {
    state,
    reason: field('Reason') ?? '',
    exitCode: field('ExitCode') ?? '',
    node: field('BatchHost') ?? field(' NodeList'),
  };
  return [...parseIndices(field('ArrayTaskId') ?? '0')].map((index) => ({ jobId, index, ...ending(told) }));
}

export function fromSacct(jobId: number, line: string): readonly EndedElement[] {
  const [id = '', state = '', exitCode = '', node] = line.split('|');
  const index = /_(\d+)$/.exec(id)?.[1];
  if (index === undefined) return [];
  // “CANCELLED by 1000”
  const [word = ''] = state.split(' ');
  return [{ jobId, index: Number(index), ...ending({ state: word, reason: '', exitCode, node }) }];
}

interface Told {
  readonly state: string;
  readonly reason: string;
  /** Exit code and signal, as 1:0. */
  readonly exitCode: string;
  readonly node: string | undefined;
}

const KINDS: Readonly<Record<string, JobEnding['kind']>> = {
  COMPLETED: 'completed',
  TIMEOUT: 'timed out',
  DEADLINE: 'timed out',
  PREEMPTED: 'preempted',
  REVOKED: 'preempted',
  NODE_FAIL: 'node failed',
  BOOT_FAIL: 'node failed',
  OUT_OF_MEMORY: 'out of memory',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
};

/** Slurm's own exit code of a job whose output or whose folder cannot be opened on its node. */
const NO_OUTPUT = /^0:53$|^1:53$/;

/** A job that is told to make room before its program can hear of it ends by that signal, SIGUSR2: no fault of the node's or the work's. */
const NOTICE = 12;

function kindOf(state: string, reason: string, exitCode: string): JobEnding['kind'] {
  const [code, signal] = exitCode.split(':').map(Number);
  if (state !== 'FAILED') return KINDS[state] ?? 'unknown';
  if (code === NO_FOLDER || NO_OUTPUT.test(exitCode)) return 'did not see the folder';
  if (code === NO_PROGRAM) return 'has no program';
  if (signal === NOTICE) return 'preempted';
  // The node could not even begin, or was cut off in doing so.
  if (/LaunchFailure/.test(reason)) return 'node failed';
  return signal === 9 || signal === 15 ? 'killed' : 'failed';
}

function ending({ state, reason, exitCode, node }: Told): Pick<JobEnding, 'kind' | 'node' | 'words'> {
  const kind = kindOf(state, reason, exitCode);
  const why = reason === '' || reason === 'None' || reason === 'NonZeroExitCode' ? '' : `, ${reason}`;
  const isNamed = node !== undefined && node !== '' && !/^\(null\)$|None assigned/.test(node);
  return { kind, node: isNamed ? node : undefined, words: `${state}${why}, exit code ${exitCode}` };
}
