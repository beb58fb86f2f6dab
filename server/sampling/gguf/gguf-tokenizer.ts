// The tokenizer in a GGUF file's metadata, in the shape of tokenizer.json: how texts are cut before pairs are merged is
// only named there, and a name that is not known is refused, since another cut would make other tokens.

import { UserError } from '../../errors.ts';
import { checkTokenizer } from '../tokenizer/check-tokenizer.ts';
import { readFrame } from '../tokenizer/frame.ts';
import { type Piece, tokenizerOfPieces } from '../tokenizer/from-pieces.ts';
import { PIECE_KINDS } from '../tokenizer/sentencepiece-file.ts';
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
  if (kind !== 'gpt2' && kind !== 'llama') {
    fail(
      `its tokenizer is of the kind ${JSON.stringify(kind ?? null)}, and "gpt2" and "llama" are read from GGUF files`,
      'Choose a folder with safetensors and tokenizer.json of this model.',
    );
  }
  const tokens = list<string>('tokens', (value) => typeof value === 'string');
  const types = list<number>('token_type', (value) => typeof value === 'number');
  if (types.length !== tokens.length)
    fail(`it has ${tokens.length} tokens and ${types.length} types of tokens`);
  const framed = (json: object): TokenizerFile => {
    const checked = checkTokenizer(path, json);
    const frame = readFrame(checked, settingsOf(metadata, tokens));
    return { path, json: checked, ...(frame.before.length + frame.after.length > 0 ? { frame } : {}) };
  };
  if (kind === 'llama') {
    const scores = list<number>('scores', (value) => typeof value === 'number');
    if (scores.length !== tokens.length) fail(`it has ${tokens.length} tokens and ${scores.length} scores`);
    const pieces = tokens.map((text, id): Piece => {
      return { text, score: scores[id]!, kind: PIECE_KINDS[types[id]!] ?? 'normal' };
    });
    const putsSpace = metadata.get('tokenizer.ggml.add_space_prefix') !== false;
    return framed(tokenizerOfPieces({ pieces, algorithm: 'BPE', putsSpace }));
  }
  const merges = list<string>('merges', (value) => typeof value === 'string');
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
      ...(LLAMA_3.includes(String(cut)) ? { ignore_merges: true } : {}),
      vocab: Object.fromEntries(
        tokens.flatMap((token, id) => (types[id] === UNUSED ? [] : [[token, id] as const])),
      ),
      merges,
    },
  };
  return framed(json);
}

/** What tokenizer_config.json would say. */
function settingsOf(metadata: GgufFile['metadata'], tokens: readonly string[]): Record<string, unknown> {
  const value = (key: string) => metadata.get(`tokenizer.ggml.${key}`);
  const token = (key: string) => tokens[Number(value(`${key}_token_id`))];
  // Without a word llama.cpp puts the beginning before texts of these kinds, and of no other.
  const isLlama = value('model') === 'llama' || LLAMA_3.includes(String(value('pre')));
  const addsBos = value('add_bos_token') ?? isLlama;
  return {
    ...{ add_bos_token: addsBos, bos_token: token('bos') },
    ...{ add_eos_token: value('add_eos_token') ?? false, eos_token: token('eos') },
  };
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

/** Names of the rule whose tokenizers take a whole word that they know before they merge. */
const LLAMA_3 = ['llama-bpe', 'llama-v3', 'llama3'];

/** Rules by the names that llama.cpp's converter gives them: each cuts like the models' own tokenizer.json. */
const CUTS: ReadonlyMap<unknown, readonly object[]> = new Map<unknown, readonly object[]>([
  ['default', [BYTES]],
  ['gpt-2', [BYTES]],
  ['phi-2', [BYTES]],
  ['mellum', [BYTES]],
  ['olmo', [BYTES]],
  ['mpt', [BYTES]],
  ['smollm', [DIGITS, BYTES]],
  ['starcoder', [DIGITS, BYTES]],
  ['refact', [DIGITS, BYTES]],
  ['command-r', [DIGITS, BYTES]],
  ['codeshell', [DIGITS, BYTES]],
  ...LLAMA_3.map((name) => [name, [WORDS_OF_UP_TO('{1,3}'), CUT_BYTES]] as const),
  ['stablelm2', [WORDS_OF_UP_TO(''), CUT_BYTES]],
  [
    'deepseek-coder',
    [...['[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[一-龥ࠀ-一가-퟿]+'].map(split), DIGITS, CUT_BYTES],
  ],
  ['qwen2', [WORDS_OF_UP_TO(''), CUT_BYTES]],
  ['dbrx', [WORDS_OF_UP_TO('{1,3}'), CUT_BYTES]],
  ['smaug-bpe', [WORDS_OF_UP_TO('{1,3}'), CUT_BYTES]],
]);
