// Counts files by what became of them, and keeps the names of the first that were not searched: a corpus may have
// millions, and the sums of all still have to add up.

import type { CorpusAccount, PassedOverReason } from '../../protocol/corpus-account.ts';
import type { DataProblemKind } from '../../protocol/errors.ts';

export type FileFate =
  | { readonly state: 'searched' }
  | { readonly state: 'passed-over'; readonly reason: PassedOverReason }
  | { readonly state: 'problem'; readonly reason: DataProblemKind };

export interface FileCount {
  readonly state: FileFate['state'];
  /** Empty for what was searched. */
  readonly reason: string;
  readonly nFiles: number;
}

export interface NamedFile {
  readonly state: 'passed-over' | 'problem';
  readonly reason: string;
  readonly path: string;
}

/** Plain data: threads send it to each other. */
export interface FileCounts {
  readonly counts: readonly FileCount[];
  /** The first files that were not searched. */
  readonly unsearched: readonly NamedFile[];
}

/** The most names that are kept of one folder, and of all that listing a corpus passes over. */
const NAMES_KEPT = 10_000;

export class FileTally {
  readonly #counts = new Map<string, { state: FileFate['state']; reason: string; nFiles: number }>();
  readonly #unsearched: NamedFile[] = [];

  add(fate: FileFate, path: string): void {
    const reason = fate.state === 'searched' ? '' : fate.reason;
    const key = `${fate.state} ${reason}`;
    const count = this.#counts.get(key);
    if (count) count.nFiles++;
    else this.#counts.set(key, { state: fate.state, reason, nFiles: 1 });
    if (fate.state !== 'searched' && this.#unsearched.length < NAMES_KEPT) {
      this.#unsearched.push({ state: fate.state, reason, path });
    }
  }

  all(): FileCounts {
    return { counts: [...this.#counts.values()], unsearched: this.#unsearched };
  }
}

/** The sums of several. */
export function joinCounts(parts: readonly FileCounts[]): FileCounts {
  const joined = new Map<string, FileCount>();
  for (const count of parts.flatMap(({ counts }) => counts)) {
    const key = `${count.state} ${count.reason}`;
    joined.set(key, { ...count, nFiles: count.nFiles + (joined.get(key)?.nFiles ?? 0) });
  }
  const unsearched = parts.flatMap((part) => part.unsearched).slice(0, NAMES_KEPT);
  return { counts: [...joined.values()], unsearched };
}

/** The account of counts that are each of another state and reason, in the order in which the reasons are to be told. */
export function accountOf(
  counts: readonly { readonly state: string; readonly reason: string; readonly nFiles: number }[],
): CorpusAccount {
  const sum = (state?: string) =>
    counts.reduce(
      (total, count) => total + (state === undefined || count.state === state ? count.nFiles : 0),
      0,
    );
  return {
    nFiles: sum(),
    nSearched: sum('searched'),
    nPassedOver: sum('passed-over'),
    passedOver: counts
      .filter(({ state }) => state === 'passed-over')
      .map(({ reason, nFiles }) => ({ reason: reason as PassedOverReason, nFiles })),
    nProblems: sum('problem'),
    nPending: sum('pending'),
  };
}
