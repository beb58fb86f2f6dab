// Fetches what is to be scanned and is not on this machine, while other work goes on.

import { foreign } from '../../guard/text/foreign.ts';
import type { Execution, Progress } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import { ShardFetcher } from '../hub/shard-fetcher.ts';
import type { Report } from '../progress.ts';
import { hubAccess } from './hub-access.ts';

/** Begins to fetch; throws before anything is fetched when it may not be, or does not fit on the disk. */
export function fetchShards(
  shards: readonly Shard[],
  execution: Execution,
  signal: AbortSignal,
): Promise<ShardFetcher> {
  const keep = execution.keepShards === 'never' ? 'never' : 'always';
  return ShardFetcher.start({ access: hubAccess(execution, signal), shards, keep, signal });
}

/** One line of progress for both: what is scanned, and how the rest is coming along. */
export function reportWithFetching(report: Report, fetcher: ShardFetcher): Report {
  let last: Progress | undefined;
  fetcher.listen(
    (message) => last && last.done < last.total && report({ ...last, message: foreign(message) }),
  );
  return (progress) => {
    last = progress;
    report(progress);
  };
}
