// Adversarial texts for a detector of repeated lines, for property tests: few different lines, so that everything
// repeats, overlaps and nests; every terminator; blanks, NUL and bytes that are no UTF-8.

import fc from 'fast-check';
import type { SampleInput } from '../../server/engine/detection.ts';
import type { PlainDocument } from './plain-runs.ts';

/** Different spellings of few lines. */
const line = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', ' ', '\t \t', 'a ', '\ta', ' b', '\u0000', 'c\u0000', '\u0000a'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'A',
      'a=b',
      'a = b',
      'x.y',
      'x y',
      '"',
      ';',
      'é',
      '\u0080',
      '\u00ff',
      'aa',
      'a  a',
    ),
  },
);

const terminator = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r', '\n\r');

const block = fc.array(
  fc.tuple(line, terminator).map(([text, end]) => text + end),
  { maxLength: 12 },
);

/** Lines, among them long runs of one and blocks that come again. */
const text = fc
  .tuple(
    fc.array(block, { minLength: 1, maxLength: 3 }),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.record({ block: fc.nat(2), times: fc.integer({ min: 1, max: 3 }) }) },
        {
          weight: 1,
          arbitrary: fc.record({ of: fc.constantFrom('a', 'b'), nLines: fc.integer({ min: 1, max: 12 }) }),
        },
      ),
      { minLength: 1, maxLength: 5 },
    ),
    fc.constantFrom('', 'a', ' '),
  )
  .map(([blocks, parts, rest]) =>
    bytesOf(
      parts
        .map((part) =>
          'of' in part
            ? `${part.of}\n`.repeat(part.nLines)
            : blocks[part.block % blocks.length]!.join('').repeat(part.times),
        )
        .join('') + rest,
    ),
  );

/** One byte a character. */
export function bytesOf(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0) & 0xff);
}

export interface Scene {
  readonly samples: readonly SampleInput[];
  readonly shards: readonly { readonly shard: number; readonly documents: readonly PlainDocument[] }[];
}

/** Samples and documents made from the same texts, so that they have much in common. */
export const scene: fc.Arbitrary<Scene> = fc
  .record({
    texts: fc.array(text, { minLength: 1, maxLength: 6 }),
    samples: fc.array(
      fc.record({ of: fc.array(fc.nat(5), { minLength: 1, maxLength: 2 }), cut: fc.boolean() }),
      {
        maxLength: 4,
      },
    ),
    shards: fc.array(
      fc.array(
        fc.record({
          of: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
          repository: fc.constantFrom('p', 'q', ''),
        }),
        {
          maxLength: 4,
        },
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ texts, samples, shards }) => {
    const join = (of: readonly number[]) =>
      Uint8Array.from(of.flatMap((i) => Array.from(texts[i % texts.length]!)));
    return {
      samples: samples.map(({ of, cut }, i) => ({ sampleId: 10 + 3 * i, text: join(of), cut })),
      shards: shards.map((documents, shard) => ({
        shard,
        documents: documents.map(({ of, repository }, row) => ({
          row: 2 * row,
          byteOffset: 100 * row,
          repository,
          path: `${row}.py`,
          license: '',
          text: join(of),
        })),
      })),
    };
  });
