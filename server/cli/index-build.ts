// Builds and changes an index for a terminal: progress to stderr, Ctrl-C stops it resumably.

import { forTerminal } from '../../guard/text/for-terminal.ts';
import type { MatchRule } from '../../protocol/study.ts';
import { listDistinctPlaces } from '../corpus/distinct-places.ts';
import { joinCounts } from '../corpus/file-tally.ts';
import type { BuildOutcome } from '../corpus-index/build-index.ts';
import { buildIndex } from '../corpus-index/build-index.ts';
import { mergeSegments, removeShards, repairIndex } from '../corpus-index/change-index.ts';
import { accountOfIndex, type IndexAccount } from '../corpus-index/index-account.ts';
import { UserError } from '../errors.ts';
import { describeAccount, describeColumns } from '../formats/account-words.ts';
import { counted } from '../formats/report-numbers.ts';
import { isHubName } from '../hub/hub-name.ts';
import type { Report } from '../progress.ts';
import { isRemoteLocation } from '../remote/remote-location.ts';
import { taskSettings } from '../study/executors/choose-executor.ts';
import { segmentTasks } from '../study/executors/index-tasks.ts';
import { clusterOf } from './cluster-options.ts';
import { columnsOf, corpusLocations } from './corpus-options.ts';
import type { BuildOptions } from './index-requests.ts';
import { rootOf } from './index-root.ts';
import { tell } from './tell.ts';
import { terminalProgress } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';

export async function runBuild(
  folder: string,
  options: BuildOptions,
  rule: MatchRule | undefined,
): Promise<void> {
  const { columns } = columnsOf(options);
  const places = corpusLocations(options.corpus).map(onThisMachine);
  const { shards, passed, twice } = listDistinctPlaces(places, columns, options.ignore);
  const { requireContentColumn } = await import('../study/user-files.ts');
  await requireContentColumn(shards);
  const { workers } = options;
  const moved = rootGiven(options);
  const { cluster } = clusterOf(options);
  const execution = { provider: 'auto', batch: 'auto', workers } as const;
  const writer = cluster && { writer: segmentTasks(taskSettings(execution, cluster, folder)) };
  const outcome = await withProgress((signal, report) =>
    buildIndex({ folder, shards, ...(rule && { rule }), ...moved, ...writer, workers, signal, report }),
  );
  for (const sentence of twice) tell(`note: ${sentence}`);
  tellOutcome(folder, outcome);
  tellAccount(accountOfIndex(folder, new Set(outcome.paths), joinCounts([passed, outcome.passed])));
}

/** What became of the files that were named now, whenever they were read. */
function tellAccount({ account, columnsRead, nRows }: IndexAccount): void {
  tell(`files: ${describeAccount(account)}`);
  if (columnsRead.length > 0) tell(`columns: ${forTerminal(describeColumns(columnsRead))}`);
  if (nRows > 0) return;
  tell('Nothing was indexed: no document could be read.');
  process.exitCode = 3;
}

function onThisMachine(location: string): string {
  if (!isHubName(location) && !isRemoteLocation(location)) return location;
  throw new UserError(`${location} is not on this machine, and an index is made of files that are`, {
    action: 'Download the data set, and name its folder.',
  });
}

function rootGiven(options: { readonly root?: string | undefined }): { readonly root?: string } {
  const root = rootOf(options);
  return root === undefined ? {} : { root };
}

function withProgress<T>(work: (signal: AbortSignal, report: Report) => Promise<T>): Promise<T> {
  return untilInterrupted(async (signal) => {
    const progress = terminalProgress(process.stderr);
    try {
      return await work(signal, progress.report);
    } finally {
      progress.end();
    }
  });
}

function tellOutcome(folder: string, { manifest, ...outcome }: BuildOutcome): void {
  for (const duplicate of outcome.duplicates) tell(`note: ${duplicate}`);
  for (const failure of outcome.failures) tell(failure);
  const { nAdded, nKept, nProblems } = outcome;
  const kept = nKept > 0 ? `, ${counted(nKept, 'shard')} unchanged` : '';
  tell(
    `${counted(nAdded, 'shard')} added${kept}: ${folder} has ${counted(manifest.segments.length, 'segment')}`,
  );
  if (nProblems > 0)
    tell(`${counted(nProblems, 'piece')} of the corpus could not be read: see verbatim index info`);
  if (nProblems > 0 || outcome.failures.length > 0) process.exitCode = 3;
}

export function runRemove(folder: string, names: readonly string[]): void {
  const removed = removeShards(folder, names);
  tell(`${counted(removed.length, 'shard')} removed from ${folder}`);
}

export async function runMerge(folder: string): Promise<void> {
  const n = await untilInterrupted((signal) => mergeSegments(folder, signal));
  tell(`${folder} has ${counted(n, 'segment')}`);
}

export interface RepairOptions {
  readonly workers: number | 'auto';
  readonly root?: string;
}

export async function runRepair(folder: string, options: RepairOptions): Promise<void> {
  const { workers } = options;
  const moved = rootGiven(options);
  const { damaged, build } = await withProgress((signal, report) =>
    repairIndex(folder, { workers, ...moved, signal, report }),
  );
  if (build) {
    tell(`${counted(damaged.length, 'segment')} damaged: ${damaged.join(', ')}`);
    tellOutcome(folder, build);
  } else tell(`${folder} is whole`);
}
