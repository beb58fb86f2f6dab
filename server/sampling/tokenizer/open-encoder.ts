// A tokenizer's expressions come with its file, and an expression can take for ever, or make much of little. A file whose
// expressions are all known encodes where it is asked to; any other one in a thread with limits.

import { GuardedThread, SMALL_FILE_LIMITS } from '../../guard/run-guarded.ts';
import type { WorkerLimits } from '../../guard/watch-worker.ts';
import { programUrl } from '../../program-url.ts';
import { createEncoder, type TextPlace } from './encode-text.ts';
import type { EncodeRequest } from './encode-worker.ts';
import { isHarmless } from './harmless-expressions.ts';
import type { TokenBytes } from './token-bytes.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

const workerUrl = programUrl('./encode-worker.ts', import.meta.url);

export interface Encoder extends Disposable {
  encode(texts: readonly Uint8Array[], place?: TextPlace): Promise<readonly (readonly number[])[]>;
}

export interface EncoderOptions {
  readonly signal?: AbortSignal;
  readonly limits?: WorkerLimits;
}

export function openEncoder(
  file: TokenizerFile,
  tokenBytes: TokenBytes,
  { signal, limits = SMALL_FILE_LIMITS }: EncoderOptions = {},
): Encoder {
  if (isHarmless(file.json)) {
    const encode = createEncoder(file, tokenBytes);
    return {
      encode: async (texts, place) => texts.map((text) => encode(text, place)),
      [Symbol.dispose]: () => {},
    };
  }
  const thread = new GuardedThread<EncodeRequest, readonly (readonly number[])[]>(workerUrl, {
    ...limits,
    what: file.path,
    ...(signal && { signal }),
  });
  let isFirst = true;
  return {
    encode(texts, place = 'begins') {
      const request = { texts, place, ...(isFirst ? { tokenizer: { file, tokenBytes } } : {}) };
      isFirst = false;
      return thread.ask(request);
    },
    [Symbol.dispose]: () => thread[Symbol.dispose](),
  };
}
