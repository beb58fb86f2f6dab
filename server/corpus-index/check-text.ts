// Looks a text up in an index. What it proposes is opened and compared by the scan's own kernel, and counted by the
// detector's own analysis, so that the answer is the one that a scan of the whole corpus would give.

import { foreign } from '../../guard/text/foreign.ts';
import type { CheckedText } from '../../protocol/checked-text.ts';
import type { Fragment } from '../engine/detection.ts';
import { findFragments } from '../engine/find-fragments.ts';
import { ScanKernel } from '../kernel/scan-kernel.ts';
import type { CorpusIndex, Proposal } from './corpus-index.ts';
import { distinctKeys } from './corpus-index.ts';
import { matchesOf, matchesOfProposals, type Verified, withoutInner } from './describe-matches.ts';
import { verify } from './verify.ts';

export interface CheckOptions {
  readonly signal: AbortSignal;
  /** Called now and then while it gets on. */
  readonly onProgress?: () => void;
  /** After so long the rest of the documents stays unopened. Left out: never. */
  readonly limitMs?: number;
}

/** Fingerprints that are known and are not told again. */
type Accepted = Pick<ReadonlySet<string>, 'has'>;

/** What the detector found in the documents that could be opened, and the proposals that could not. */
export interface Lookup {
  readonly nWindows: number;
  readonly nDocumentsOpened: number;
  readonly results: readonly Verified[];
  readonly fragments: readonly Fragment[];
  readonly unopened: readonly Proposal[];
  readonly notes: readonly string[];
}

const NOTES_KEPT = 50;

export async function lookUp(
  index: CorpusIndex,
  text: Uint8Array,
  { signal, onProgress = () => {}, limitMs = Number.POSITIVE_INFINITY }: CheckOptions,
): Promise<Lookup> {
  const deadline = performance.now() + limitMs;
  const { rule } = index.manifest;
  const windows = index.windowsOf(text);
  const notes = [...index.changes()];
  const proposals = index.propose(distinctKeys(windows));
  const results: Verified[] = [];
  const unopened: Proposal[] = [];
  let nDocumentsOpened = 0;
  const samples = [{ sampleId: 0, text, cut: false }];
  using memory = index.takeMemory();
  const shared = proposals.length === 0 ? undefined : memory.share(samples, rule);
  const kernel = shared && new ScanKernel(shared.index);
  for (const [i, proposal] of proposals.entries()) {
    const shard = index.shardAt(proposal, i);
    if (typeof shard === 'string' || performance.now() > deadline) {
      unopened.push(proposal);
      const why = typeof shard === 'string' ? shard : tooSlow(proposal.documents.length);
      // All shards are looked at once in a while, and this one just now.
      if (!notes.includes(why)) notes.push(why);
      continue;
    }
    try {
      const { documents } = proposal;
      const verified = await verify(index, kernel!, proposal, shard, documents, {
        signal,
        onProgress,
        deadline,
      });
      results.push({ shard: i, result: verified.result, proposal });
      for (const note of verified.changed) notes.push(note);
      nDocumentsOpened += verified.nOpened;
      if (verified.nOpened < documents.length) {
        unopened.push({ ...proposal, documents: documents.slice(verified.nOpened) });
        notes.push(tooSlow(documents.length - verified.nOpened));
      }
    } catch (error) {
      if (signal.aborted) throw error;
      unopened.push(proposal);
      const { message } = error as Error;
      notes.push(message.startsWith(shard.path) ? message : `${shard.path} cannot be read (${message})`);
    }
  }
  const fragments = shared ? [...findFragments({ samples, rule, results, index: shared.lines })] : [];
  const nWindows = windows.length;
  return { nWindows, nDocumentsOpened, results, fragments, unopened, notes: notes.slice(0, NOTES_KEPT) };
}

const tooSlow = (n: number) => `Opening the training data took too long: ${n} documents were not looked at`;

export async function checkText(
  index: CorpusIndex,
  text: Uint8Array,
  options: CheckOptions,
  accepted: Accepted = new Set(),
): Promise<CheckedText> {
  const { rule } = index.manifest;
  const found = await lookUp(index, text, options);
  const all = withoutInner([
    ...matchesOf(found.fragments, found.results),
    ...matchesOfProposals(index, text, found.unopened),
  ]);
  const matches = all.filter(({ fingerprint }) => fingerprint === null || !accepted.has(fingerprint));
  const notes = [...found.notes];
  if (found.nWindows === 0)
    notes.push(
      `The text has fewer than ${rule.minLines} significant lines, and no shorter piece is looked up`,
    );
  else if (!holdsDocuments(index))
    notes.push(
      `The index holds no document of ${rule.minLines} significant lines: nothing can be found in it`,
    );
  return {
    rule,
    isVerified: found.notes.length === 0 && found.unopened.length === 0,
    notes: notes.map(foreign),
    matches,
    nMatchedLines: linesOf(matches),
    nWindows: found.nWindows,
    nDocumentsOpened: found.nDocumentsOpened,
    nAccepted: all.length - matches.length,
  };
}

function holdsDocuments(index: CorpusIndex): boolean {
  for (const { entry } of index.places()) if (entry.nDocuments > 0) return true;
  return false;
}

/** They come by first line. */
function linesOf(matches: CheckedText['matches']): number {
  let n = 0;
  let last = 0;
  for (const { firstLine, lastLine } of matches) {
    if (lastLine <= last) continue;
    n += lastLine - Math.max(last, firstLine - 1);
    last = lastLine;
  }
  return n;
}
