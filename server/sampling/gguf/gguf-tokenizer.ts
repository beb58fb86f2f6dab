// The tokenizer in a GGUF file's metadata, in the shape of tokenizer.json: how texts are cut before pairs are merged is
// only named there, and a name that is not known is refused, since another cut would make other tokens.

import { UserError } from '../../errors.ts';
import { checkTokenizer } from '../tokenizer/check-tokenizer.ts';
import type { TokenizerFile } from '../tokenizer/tokenizer-file.ts';
import type { GgufFile, GgufValue } from './gguf-file.ts';

const CONTROL = 3;
const USER_DEFINED = 4;
/** A number without a token. */
const UNUSED = 5;

/** Throws a UserError that names the file and what is wrong or not known. */
export function readGgufTokenizer({ path, metadata }: GgufFile): TokenizerFile {
  const fail = (what: string, action = 'Download or copy the model again.'): never => {
    throw new UserError(`${path}: ${what}.`, { action });
  };
  const list = <T>(key: string, is: (value: GgufValue) => boolean): readonly T[] => {
    const value = metadata.get(`tokenizer.ggml.${key}`);
    if (!Array.isArray(value) || !value.every(is)) return fail(`its tokenizer has no ${key}`);
    return value as readonly T[];
  };
  const kind = metadata.get('tokenizer.ggml.model');
  if (kind !== 'gpt2') {
    fail(
      `its tokenizer is of the kind ${JSON.stringify(kind ?? null)}, and byte-level BPE is read from GGUF files`,
      'Choose a folder with safetensors and tokenizer.json of this model.',
    );
  }
  const tokens = list<string>('tokens', (value) => typeof value === 'string');
  const merges = list<string>('merges', (value) => typeof value === 'string');
  const types = list<number>('token_type', (value) => typeof value === 'number');
  if (types.length !== tokens.length)
    fail(`it has ${tokens.length} tokens and ${types.length} types of tokens`);
  const cut = metadata.get('tokenizer.ggml.pre') ?? 'default';
  const before = CUTS.get(cut);
  if (before === undefined) {
    fail(
      `its tokenizer cuts texts by the rule ${JSON.stringify(cut)}, which is not known`,
      `Known are ${[...CUTS.keys()].join(', ')}.`,
    );
  }
  const added = tokens.flatMap((content, id) =>
    types[id] === CONTROL || types[id] === USER_DEFINED
      ? [{ ...PLAIN, id, content, special: types[id] === CONTROL }]
      : [],
  );
  const json = {
    normalizer: null,
    post_processor: null,
    added_tokens: added,
    pre_tokenizer: { type: 'Sequence', pretokenizers: before },
    decoder: BYTES,
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(
        tokens.flatMap((token, id) => (types[id] === UNUSED ? [] : [[token, id] as const])),
      ),
      merges,
    },
  };
  return { path, json: checkTokenizer(path, json) };
}

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false };
const BYTES = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true } as const;
const CUT_BYTES = { ...BYTES, use_regex: false } as const;
const DIGITS = { type: 'Digits', individual_digits: true } as const;
const split = (Regex: string) =>
  ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }) as const;
const WORDS_OF_UP_TO = (digits: string) =>
  split(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" +
      `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );

/** Rules by the names that llama.cpp's converter gives them: each cuts like the models' own tokenizer.json. */
const CUTS: ReadonlyMap<unknown, readonly object[]> = new Map([
  ['default', [BYTES]],
  ['gpt-2', [BYTES]],
  ['smollm', [DIGITS, BYTES]],
  ['starcoder', [DIGITS, BYTES]],
  ['refact', [DIGITS, BYTES]],
  ['llama-bpe', [WORDS_OF_UP_TO('{1,3}'), CUT_BYTES]],
  ['qwen2', [WORDS_OF_UP_TO(''), CUT_BYTES]],
  ['dbrx', [WORDS_OF_UP_TO('{1,3}'), CUT_BYTES]],
]);
