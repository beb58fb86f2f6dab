// Samples on their way out of the thread that read them: some megabytes at a time, with their texts in one piece. A text
// that is a part of its file would take the whole file along, each time.

import type { ImportedSample } from '../formats/read-samples.ts';

export interface SampleBatch {
  readonly samples: readonly (Omit<ImportedSample, 'content'> &
    ({ readonly nBytes: number } | { readonly tokens: readonly number[] }))[];
  /** The texts, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const BATCH_BYTES = 8 << 20;
const BYTES_PER_SAMPLE = 64;

export function* packSamples(
  samples: readonly ImportedSample[],
  batchBytes = BATCH_BYTES,
): Generator<SampleBatch, undefined> {
  for (let first = 0; first < samples.length; ) {
    let end = first;
    for (let nBytes = 0; end < samples.length && nBytes < batchBytes; end++)
      nBytes += BYTES_PER_SAMPLE + sizeOf(samples[end]!);
    yield pack(samples.slice(first, end));
    first = end;
  }
}

export function unpackSamples({ samples, bytes }: SampleBatch): readonly ImportedSample[] {
  let at = 0;
  return samples.map((sample) => {
    if ('tokens' in sample) {
      const { tokens, ...rest } = sample;
      return { ...rest, content: { tokens } };
    }
    const { nBytes, ...rest } = sample;
    at += nBytes;
    return { ...rest, content: { text: bytes.subarray(at - nBytes, at) } };
  });
}

function pack(samples: readonly ImportedSample[]): SampleBatch {
  const texts = samples.flatMap(({ content }) => ('text' in content ? [content.text] : []));
  const bytes = new Uint8Array(texts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const text of texts) {
    bytes.set(text, at);
    at += text.length;
  }
  return {
    bytes,
    samples: samples.map(({ content, ...rest }) =>
      'text' in content ? { ...rest, nBytes: content.text.length } : { ...rest, tokens: content.tokens },
    ),
  };
}

const sizeOf = ({ content }: ImportedSample): number =>
  'text' in content ? content.text.length : 8 * content.tokens.length;
