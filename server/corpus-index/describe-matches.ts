// From the fragments of a text, and from what an index proposes of it, to the matches that people are shown.

import { foreign, rawText } from '../../guard/text/foreign.ts';
import type { CheckedMatch, CheckedSource } from '../../protocol/checked-text.ts';
import type { Fragment, MatchedDocument, ShardResult } from '../engine/detection.ts';
import { type CorpusIndex, distinctKeys, type Proposal } from './corpus-index.ts';
import type { ShardEntry } from './manifest.ts';

const SOURCES_KEPT = 20;
const LICENSES_KEPT = 20;
const MATCHES_KEPT = 5000;

/** What stands in the documents that a shard proposes. */
export interface Verified {
  readonly shard: number;
  readonly result: Pick<ShardResult, 'partial' | 'documents'>;
  readonly proposal: Proposal;
}

export function matchesOf(fragments: readonly Fragment[], results: readonly Verified[]): CheckedMatch[] {
  const named = new Map(results.map((result) => [result.shard, result]));
  const documents = new Map(
    results.map(({ shard, result }) => [shard, new Map(result.documents.map((one) => [one.row, one]))]),
  );
  const pieces = fragments.flatMap((fragment) =>
    fragment.samplePlaces.map(({ firstLine, lastLine }) => ({ fragment, firstLine, lastLine })),
  );
  return longest(pieces).map(({ fragment, firstLine, lastLine }) => {
    const seen = new Map<MatchedDocument, string>();
    const sources: CheckedSource[] = [];
    for (const place of fragment.trainPlaces) {
      const document = documents.get(place.shard)?.get(place.row);
      if (!document) continue;
      seen.set(document, document.license);
      if (sources.length >= SOURCES_KEPT) continue;
      const { entry } = named.get(place.shard)!.proposal;
      sources.push({ ...sourceOf(entry, document), firstLine: place.firstLine, lastLine: place.lastLine });
    }
    return {
      ...{ firstLine, lastLine, nLines: fragment.nLines, fingerprint: fragment.fingerprint },
      occurrences: fragment.train,
      nDocuments: fragment.nDocuments,
      nRepositories: fragment.nRepositories,
      licenses: countLicenses(seen.values()),
      sources,
      isVerified: true,
    };
  });
}

/** Runs of windows that one document seems to have, without opening it. */
export function matchesOfProposals(
  index: CorpusIndex,
  text: Uint8Array,
  proposals: readonly Proposal[],
): CheckedMatch[] {
  if (proposals.length === 0) return [];
  const windows = index.windowsOf(text);
  const numbers = new Map(distinctKeys(windows).map(({ high, low }, i) => [`${high} ${low}`, i]));
  const keys = windows.map(({ high, low }) => numbers.get(`${high} ${low}`)!);
  const byRange = new Map<string, { firstLine: number; lastLine: number; sources: CheckedSource[] }>();
  for (const { entry, documents } of proposals) {
    for (const document of documents) {
      const has = new Set(document.keys);
      for (let i = 0; i < keys.length; i++) {
        if (!has.has(keys[i]!)) continue;
        const first = i;
        while (has.has(keys[i + 1] ?? -1)) i++;
        const firstLine = windows[first]!.firstLine;
        const { lastLine } = windows[i]!;
        const range = byRange.get(`${firstLine} ${lastLine}`) ?? { firstLine, lastLine, sources: [] };
        byRange.set(`${firstLine} ${lastLine}`, range);
        range.sources.push({ ...sourceOf(entry, document), firstLine: null, lastLine: null });
      }
    }
  }
  return longest([...byRange.values()]).map(({ firstLine, lastLine, sources }) => ({
    ...{ firstLine, lastLine, nLines: null, fingerprint: null, occurrences: null },
    nDocuments: sources.length,
    nRepositories: new Set(sources.map(({ repository }) => repository)).size,
    licenses: countLicenses(sources.map(({ license }) => rawText(license))),
    sources: sources.slice(0, SOURCES_KEPT),
    isVerified: false,
  }));
}

/** What is certain goes before what is not, where both say the same lines. */
export function withoutInner(matches: readonly CheckedMatch[]): CheckedMatch[] {
  const verified = longest(matches.filter(({ isVerified }) => isVerified));
  const others = longest(matches.filter(({ isVerified }) => !isVerified)).filter(
    (match) => !verified.some((sure) => sure.firstLine <= match.firstLine && match.lastLine <= sure.lastLine),
  );
  return inOrder([...verified, ...others]).slice(0, MATCHES_KEPT);
}

interface Lines {
  readonly firstLine: number;
  readonly lastLine: number;
}

const inOrder = <T extends Lines>(pieces: readonly T[]): T[] =>
  pieces.toSorted((a, b) => a.firstLine - b.firstLine || b.lastLine - a.lastLine);

/** Without those that lie inside another one. */
function longest<T extends Lines>(pieces: readonly T[]): T[] {
  let furthest = 0;
  return inOrder(pieces).filter(({ lastLine }) => {
    if (lastLine <= furthest) return false;
    furthest = lastLine;
    return true;
  });
}

const sourceOf = (shard: ShardEntry, { row, repository, path, license }: MatchedDocument) => ({
  shard: foreign(shard.name),
  shardPath: foreign(shard.path),
  row,
  repository: foreign(repository),
  path: foreign(path),
  license: foreign(license),
});

function countLicenses(licenses: Iterable<string>): CheckedMatch['licenses'] {
  const counts = new Map<string, number>();
  for (const license of licenses) counts.set(license, (counts.get(license) ?? 0) + 1);
  return [...counts]
    .map(([license, nDocuments]) => ({ license: foreign(license), nDocuments }))
    .sort((a, b) => b.nDocuments - a.nDocuments)
    .slice(0, LICENSES_KEPT);
}
