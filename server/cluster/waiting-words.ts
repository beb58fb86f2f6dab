// Why jobs wait, in words: what the scheduler says, and what it means where nothing will come of waiting.

import type { QueueState } from './job-queue.ts';

/** Reasons of Slurm's that do not pass by themselves, with what they mean. */
const LASTING: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/^(PartitionDown|PartitionInactive)/, 'the partition is closed'],
  [/^(PartitionTimeLimit)/, 'the time asked for is more than the partition gives'],
  [/^(PartitionNodeLimit|BadConstraints|ReqNodeNotAvail)/, 'no node that is up has what was asked for'],
  [/^(JobHeld|launch failed)/, 'the jobs are held: see scontrol release'],
  [
    /^(AccountNotAllowed|InvalidAccount|InvalidQOS|QOSNotAllowed)/,
    'the account or quality of service may not be used',
  ],
  [/^(Assoc|QOS).*(Limit|Resource)/, 'a limit of the account or of its quality of service is reached'],
  [/^(DependencyNeverSatisfied)/, 'they wait for a job that has failed'],
];

/** Nothing where no job waits. */
export function waitingWords({ nWaiting, reasons }: QueueState): readonly string[] {
  if (nWaiting === 0) return [];
  const told = [...reasons]
    .filter(([reason]) => reason !== 'None' && reason !== '')
    .sort(([, a], [, b]) => b - a)
    .slice(0, 2)
    .map(([reason]) => {
      const meaning = LASTING.find(([pattern]) => pattern.test(reason))?.[1];
      return meaning === undefined ? reason : `${reason}, that is, ${meaning}`;
    });
  return [`${nWaiting} pending${told.length > 0 ? ` (${told.join('; ')})` : ''}`];
}
