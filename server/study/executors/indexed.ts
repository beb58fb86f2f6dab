// An executor that asks the index of a corpus before it scans: of a shard that the index knows, only the documents are
// opened that it proposes. The outcome of a shard is the same; whatever the index cannot answer for is scanned.

import type { MatchRule } from '../../../protocol/study.ts';
import type { Shard } from '../../corpus/shard.ts';
import { CorpusIndex, type IndexedPlace, type Proposal } from '../../corpus-index/corpus-index.ts';
import { collectKeys } from '../../corpus-index/sample-keys.ts';
import { isReadAlike, realPathOf } from '../../corpus-index/shard-entries.ts';
import { verify } from '../../corpus-index/verify.ts';
import { throwIfAborted, UserError } from '../../errors.ts';
import type { ScanRequest } from '../../kernel/scan-corpus.ts';
import { ScanKernel } from '../../kernel/scan-kernel.ts';
import type { ShardOutcome } from '../../kernel/scan-pool.ts';
import { shareSamples } from '../../kernel/share-index.ts';
import type { Executor } from './executor.ts';

/** Opening more of a shard than this share takes longer than scanning it. */
const WORTH_OPENING = 0.2;

/** `say` is told a sentence for each scan that asked the index. */
export function indexedExecutor(folder: string, base: Executor, say: (sentence: string) => void): Executor {
  return {
    ...base,
    async *scan(request) {
      using index = openFor(folder, request);
      const known = knownShards(index, request.shards);
      const answered = new Set<Shard>();
      for await (const outcome of lookUpShards(index, known, request)) {
        answered.add(outcome.shard);
        yield outcome;
      }
      const rest = request.shards.filter((shard) => !answered.has(shard));
      const scanned = rest.length > 0 ? `, ${rest.length} scanned (${reasonOf(known, rest)})` : '';
      say(`${answered.size} of ${request.shards.length} shards looked up in the index ${folder}${scanned}`);
      const nAnswered = [...answered].reduce((sum, { nBytes }) => sum + nBytes, 0);
      const resumedBytes = request.resumedBytes + nAnswered;
      if (rest.length > 0) yield* base.scan({ ...request, shards: rest, resumedBytes });
    },
  };
}

/** Throws a `UserError` where the index is of no use to such studies: before a model has worked for one of them. */
export function requireIndex(folder: string, rules: readonly MatchRule[]): void {
  using index = new CorpusIndex(folder);
  for (const rule of rules) requireRule(index, rule);
}

function openFor(folder: string, { rule }: ScanRequest): CorpusIndex {
  const index = new CorpusIndex(folder);
  try {
    requireRule(index, rule);
  } catch (error) {
    index[Symbol.dispose]();
    throw error;
  }
  return index;
}

function requireRule({ folder, manifest }: CorpusIndex, rule: MatchRule): void {
  const own = manifest.rule;
  if (own.minLines === rule.minLines && own.profile === rule.profile) return;
  throw new UserError(
    `${folder} is an index of windows of ${own.minLines} lines under ${own.profile}, and the study asks for ${rule.minLines} under ${rule.profile}`,
    { action: 'Leave --index out, or build an index for this.' },
  );
}

/** Shards that are what was indexed, read in the way in which they were. */
function knownShards(index: CorpusIndex, shards: readonly Shard[]): ReadonlyMap<Shard, IndexedPlace> {
  const places = new Map([...index.places()].map((place) => [index.pathOf(place), place]));
  const known = new Map<Shard, IndexedPlace>();
  for (const shard of shards) {
    const place = places.get(shard.path) ?? places.get(realPathOf(shard));
    if (place === undefined || shard.hub || shard.remote) continue;
    if (isReadAlike(place.entry, shard) && typeof index.shardAt(place, 0) !== 'string')
      known.set(shard, place);
  }
  return known;
}

async function* lookUpShards(
  index: CorpusIndex,
  known: ReadonlyMap<Shard, IndexedPlace>,
  { samples, rule, signal }: ScanRequest,
): AsyncGenerator<Extract<ShardOutcome, { kind: 'scanned' }>> {
  if (known.size === 0) return;
  const proposals = index.propose(await collectKeys(index, samples, signal));
  const proposed = new Map(proposals.map((proposal) => [index.pathOf(proposal), proposal]));
  const kernel = new ScanKernel(shareSamples(samples, rule).index);
  for (const [shard, place] of known) {
    throwIfAborted(signal);
    const documents: Proposal['documents'] = proposed.get(shard.path)?.documents ?? [];
    if (documents.length > WORTH_OPENING * place.entry.nDocuments && documents.length > 100) continue;
    const verified = await verify(index, kernel, place, shard, documents, { signal, onProgress() {} });
    if (verified.changed.length > 0) continue;
    // Listing found it anew; the study adds what it says.
    const { problems, nProblems } = withoutListed(shard, verified.result);
    yield { kind: 'scanned', shard, result: { ...verified.result, problems, nProblems } };
  }
}

type Problems = Pick<Extract<ShardOutcome, { kind: 'scanned' }>['result'], 'problems' | 'nProblems'>;

function withoutListed(
  { problems: listed = [] }: Shard,
  { problems, nProblems = problems.length }: Problems,
) {
  return { problems: problems.slice(listed.length), nProblems: nProblems - listed.length };
}

const reasonOf = (known: ReadonlyMap<Shard, IndexedPlace>, rest: readonly Shard[]) =>
  rest.every((shard) => known.has(shard))
    ? 'much of them is proposed'
    : 'they are not in it, or have changed';
