// Design section 4 word for word: every place in every sample against every place in every document. Shares
// nothing with the detector but the types.

import { createHash } from 'node:crypto';
import type { MatchRule } from '../../protocol/study.ts';
import type { Fragment, Place, SampleInput } from '../../server/engine/detection.ts';
import { type SignificantLine, significantLines } from './plain-normalise.ts';
import type { PlainDocument } from './plain-runs.ts';

export interface BruteShard {
  readonly shard: number;
  readonly documents: readonly PlainDocument[];
}

export function bruteForce(
  samples: readonly SampleInput[],
  rule: MatchRule,
  shards: readonly BruteShard[],
): Fragment[] {
  const ours = samples.map((sample) => ({ ...sample, lines: significantLines(sample.text, rule.profile) }));
  const theirs = shards.flatMap(({ shard, documents }) =>
    documents.map((document) => ({
      ...document,
      shard,
      lines: significantLines(document.text, rule.profile),
    })),
  );
  const contents = new Set<string>();
  for (const { lines: a } of ours) {
    for (const { lines: b } of theirs) {
      for (let i = 0; i < a.length; i++) {
        for (let j = 0; j < b.length; j++) {
          if (i > 0 && j > 0 && a[i - 1]!.key === b[j - 1]!.key) continue;
          let n = 0;
          while (i + n < a.length && j + n < b.length && a[i + n]!.key === b[j + n]!.key) n++;
          if (n >= rule.minLines) contents.add(joinKeys(a, i, n));
        }
      }
    }
  }
  const found = [...contents].map((text) => {
    const nLines = text.split('\n').length;
    const inSamples = ours.flatMap((sample, index) =>
      starts(sample.lines, text, nLines).map((at) => ({ sample, index, at, last: at + nLines - 1 })),
    );
    const inCorpus = theirs.flatMap((document) =>
      starts(document.lines, text, nLines).map((at) => ({ document, at })),
    );
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return {
      fingerprint: createHash('md5').update(bytes).digest('hex'),
      nLines,
      text: bytes,
      train: inCorpus.length,
      nDocuments: new Set(inCorpus.map(({ document }) => document)).size,
      nRepositories: new Set(inCorpus.map(({ document }) => document.repository)).size,
      extract: inSamples.length,
      nSamples: new Set(inSamples.map(({ sample }) => sample)).size,
      clipped: inSamples.some(({ sample, last }) => sample.cut && last === sample.lines.length - 1),
      trainPlaces: inCorpus.map(({ document, at }) => ({
        shard: document.shard,
        row: document.row,
        ...placeOf(document.lines, at, nLines),
      })),
      samplePlaces: inSamples.map(({ sample, at }) => ({
        sampleId: sample.sampleId,
        ...placeOf(sample.lines, at, nLines),
      })),
      inSamples,
    };
  });
  found.sort(
    (a, b) =>
      b.train - a.train ||
      b.extract - a.extract ||
      b.nLines - a.nLines ||
      (a.fingerprint < b.fingerprint ? -1 : 1),
  );
  const families = spreadFamilies(
    found.map((a) =>
      found.map((b) =>
        a.inSamples.some((p) =>
          b.inSamples.some((q) => p.index === q.index && p.at <= q.last && q.at <= p.last),
        ),
      ),
    ),
  );
  return found.map(({ inSamples, ...fragment }, i) => ({ ...fragment, family: families[i]! }));
}

function joinKeys(lines: readonly SignificantLine[], first: number, nLines: number): string {
  return lines
    .slice(first, first + nLines)
    .map(({ key }) => key)
    .join('\n');
}

function starts(lines: readonly SignificantLine[], text: string, nLines: number): number[] {
  return lines.map((_, at) => at).filter((at) => joinKeys(lines, at, nLines) === text);
}

function placeOf(lines: readonly SignificantLine[], at: number, nLines: number): Place {
  const first = lines[at]!;
  const last = lines[at + nLines - 1]!;
  return {
    firstLine: first.rawLine,
    lastLine: last.rawLine,
    byteOffset: first.start,
    nBytes: last.end - first.start,
  };
}

/** Numbers the connected parts of "overlaps" from 0, in order of their first member. */
function spreadFamilies(overlaps: readonly (readonly boolean[])[]): number[] {
  const families: number[] = overlaps.map(() => -1);
  let next = 0;
  for (const [i] of overlaps.entries()) {
    if (families[i]! >= 0) continue;
    const queue = [i];
    families[i] = next;
    for (let a = queue.pop(); a !== undefined; a = queue.pop()) {
      for (const [b, touches] of overlaps[a]!.entries()) {
        if (!touches || families[b]! >= 0) continue;
        families[b] = next;
        queue.push(b);
      }
    }
    next++;
  }
  return families;
}
