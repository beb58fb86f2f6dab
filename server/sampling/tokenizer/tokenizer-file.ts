// Finds a checkpoint's tokenizer: tokenizer.json, or the older vocab.json with merges.txt, which is turned
// into the same shape. Knows no encoding and no decoding.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';

export interface TokenizerFile {
  /** The file to name in messages. */
  readonly path: string;
  /** The shape of tokenizer.json, unchecked. */
  readonly json: TokenizerJson;
}

export interface TokenizerJson {
  readonly model?: {
    readonly type?: string;
    readonly vocab?: Readonly<Record<string, number>>;
    readonly merges?: readonly unknown[];
  };
  readonly added_tokens?: readonly AddedToken[];
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly post_processor?: unknown;
  readonly decoder?: unknown;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

export async function readTokenizer(dir: string): Promise<TokenizerFile> {
  const path = join(dir, 'tokenizer.json');
  const text = await read(path);
  if (text !== null) return { path, json: parse(path, text) };
  const vocabularyPath = join(dir, 'vocab.json');
  const vocabulary = await read(vocabularyPath);
  const merges = await read(join(dir, 'merges.txt'));
  if (vocabulary === null || merges === null) {
    throw new UserError(`${dir} has no tokenizer.json, nor vocab.json with merges.txt.`, {
      action: 'Choose a folder that holds the tokenizer with the model.',
    });
  }
  const added = join(dir, 'added_tokens.json');
  const special = join(dir, 'special_tokens_map.json');
  return {
    path: vocabularyPath,
    json: fromOlderLayout(
      parse<Record<string, number>>(vocabularyPath, vocabulary),
      merges,
      parse<Record<string, number>>(added, (await read(added)) ?? '{}'),
      parse<SpecialTokens>(special, (await read(special)) ?? '{}'),
    ),
  };
}

type SpecialTokens = Readonly<Record<string, string | { readonly content: string }>>;

/** The files' content in the shape of tokenizer.json, read like GPT-2's own tokenizer class reads it. */
function fromOlderLayout(
  vocab: Readonly<Record<string, number>>,
  merges: string,
  added: Readonly<Record<string, number>>,
  specialTokens: SpecialTokens,
): TokenizerJson {
  const special = new Set(['<|endoftext|>']);
  for (const token of Object.values(specialTokens).flat()) {
    special.add(typeof token === 'string' ? token : token.content);
  }
  const all = Object.entries({ ...vocab, ...added });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    normalizer: null,
    post_processor: null,
    added_tokens: all
      .filter(([content]) => content in added || special.has(content))
      .map(([content, id]) => ({ ...PLAIN, id, content, special: special.has(content) })),
    pre_tokenizer: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      vocab,
      merges: merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version')),
    },
  };
}

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false };

function parse<T = TokenizerJson>(path: string, text: string): T {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as T;
  } catch (cause) {
    throw new UserError(`${path} is no JSON.`, { action: 'Download or copy the model again.', cause });
  }
  throw new UserError(`${path} is no JSON object.`, { action: 'Download or copy the model again.' });
}

function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new UserError(`${path} cannot be read.`, { action: 'Check its permissions.', cause: error });
  });
}
