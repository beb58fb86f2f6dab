// The thread in which a tokenizer with expressions of its own encodes.

import { answerGuarded } from '../../guard/answer-guarded.ts';
import { createEncoder, type EncodeText, type TextPlace } from './encode-text.ts';
import type { TokenBytes } from './token-bytes.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

export interface EncodeRequest {
  readonly texts: readonly Uint8Array[];
  readonly place: TextPlace;
  /** With the first request. */
  readonly tokenizer?: { readonly file: TokenizerFile; readonly tokenBytes: TokenBytes };
}

let encode: EncodeText;
answerGuarded<EncodeRequest, readonly (readonly number[])[]>(({ texts, place, tokenizer }, beat) => {
  if (tokenizer) encode = createEncoder(tokenizer.file, tokenizer.tokenBytes);
  return texts.map((text) => {
    beat();
    return encode(text, place);
  });
});
