// Finds a checkpoint's tokenizer: tokenizer.json, or the older vocab.json with merges.txt, or SentencePiece's tokenizer.model, which
// are turned into the same shape; and what tokenizer_config.json says beside it. Knows no encoding and no decoding.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { parsePythonJson } from '../../text/python-json.ts';
import { noJson } from '../decoder/config-file.ts';
import {
  type AddedToken,
  checkTokenizer,
  isObject,
  type TokenizerJson,
  tokensOf,
} from './check-tokenizer.ts';
import { type Frame, readFrame } from './frame.ts';
import { readSentencePiece } from './sentencepiece-file.ts';

export interface TokenizerFile {
  /** The file to name in messages. */
  readonly path: string;
  /** The shape of tokenizer.json; what is typed here was checked, and the rest is the library's to doubt. */
  readonly json: TokenizerJson;
  /** What belongs around a text; left out: nothing does. */
  readonly frame?: Frame;
}

export async function readTokenizer(dir: string): Promise<TokenizerFile> {
  const { path, json } = await readTable(dir);
  const settings = await readSettings(dir);
  const whole = withAddedTokens(json, settings.added_tokens_decoder);
  const frame = readFrame(whole, settings);
  const isFramed = frame.before.length + frame.after.length > 0;
  return { path, json: whole === json ? json : checkTokenizer(path, whole), ...(isFramed ? { frame } : {}) };
}

/** tokenizer_config.json. One that cannot be read says nothing, as other programs have it. */
export async function readSettings(dir: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse((await read(join(dir, 'tokenizer_config.json'))) ?? '{}');
    return isObject(value) ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Tokens that were given numbers beside the table, and stand in the settings alone. */
function withAddedTokens(json: TokenizerJson, decoder: unknown): TokenizerJson {
  if (!isObject(decoder)) return json;
  const known = new Set(tokensOf(json).map(([token]) => token));
  for (const { content } of json.added_tokens ?? []) known.add(content);
  const more = Object.entries(decoder).flatMap(([id, token]: [string, unknown]) => {
    const isNew = isObject(token) && 'content' in token && typeof token.content === 'string';
    return isNew && /^\d+$/.test(id) && !known.has(token.content as string)
      ? [{ ...PLAIN, ...token, id: Number(id) } as unknown as AddedToken]
      : [];
  });
  return more.length === 0 ? json : { ...json, added_tokens: [...(json.added_tokens ?? []), ...more] };
}

async function readTable(dir: string): Promise<Pick<TokenizerFile, 'path' | 'json'>> {
  const path = join(dir, 'tokenizer.json');
  const text = await read(path);
  if (text !== null) return { path, json: checkTokenizer(path, parse(path, text)) };
  const vocabularyPath = join(dir, 'vocab.json');
  const vocabulary = await read(vocabularyPath);
  const merges = await read(join(dir, 'merges.txt'));
  if (vocabulary === null || merges === null) {
    const pieces = join(dir, 'tokenizer.model');
    const isThere = (await stat(pieces).catch(() => null))?.isFile();
    if (isThere) return { path: pieces, json: checkTokenizer(pieces, readSentencePiece(pieces)) };
    throw new UserError(
      `${dir} has no tokenizer.json, nor vocab.json with merges.txt, nor tokenizer.model.`,
      {
        action: 'Choose a folder that holds the tokenizer with the model.',
      },
    );
  }
  const added = join(dir, 'added_tokens.json');
  const special = join(dir, 'special_tokens_map.json');
  const json = fromOlderLayout(
    parse(vocabularyPath, vocabulary),
    merges,
    parse(added, (await read(added)) ?? '{}'),
    specialTokens(parse(special, (await read(special)) ?? '{}')),
  );
  return { path: vocabularyPath, json: checkTokenizer(vocabularyPath, json) };
}

/** GPT-2's own, and every text that the map of special tokens holds: a text, an object with one, or a list of them. */
function specialTokens(map: object): ReadonlySet<string> {
  const texts = Object.values(map)
    .flat()
    .map((token: unknown) => (isObject(token) && 'content' in token ? token.content : token));
  return new Set(['<|endoftext|>', ...texts.filter((text) => typeof text === 'string')]);
}

/** The files' content in the shape of tokenizer.json, read like GPT-2's own class reads it; not checked yet. */
function fromOlderLayout(vocab: object, merges: string, added: object, special: ReadonlySet<string>): object {
  const all = Object.entries({ ...vocab, ...added });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    normalizer: null,
    post_processor: null,
    added_tokens: all
      .filter(([content]) => Object.hasOwn(added, content) || special.has(content))
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

function parse(path: string, text: string): object {
  try {
    const value = parsePythonJson(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw noJson(path, text, cause);
  }
  throw new UserError(`${path} is no JSON object.`, { action: 'Download or copy the model again.' });
}

function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new UserError(`${path} cannot be read.`, { action: 'Check its permissions.', cause: error });
  });
}
