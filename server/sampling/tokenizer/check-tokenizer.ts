// Whether a tokenizer's JSON is what it is used as, key by key: a file of strangers may hold anything. What only the
// library looks at is left to the library.

import { UserError } from '../../errors.ts';

export interface TokenizerJson {
  readonly model: {
    readonly type?: string;
    /** Numbers by token, or, for Unigram, pairs of a token and its score in the order of their numbers. */
    readonly vocab: Readonly<Record<string, number>> | readonly (readonly [token: string, score: number])[];
    readonly merges?: readonly (string | readonly string[])[];
    readonly unk_id?: number | null;
    readonly byte_fallback?: boolean;
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
  readonly special?: boolean;
}

/** Throws a UserError that names the file and the key. */
export function checkTokenizer(path: string, json: object): TokenizerJson {
  const fail = (key: string, what: string): never => {
    throw new UserError(`${path}: ${key} ${what}.`, { action: 'Download or copy the model again.' });
  };
  const { model, added_tokens: added = [] } = json as Record<string, unknown>;
  if (!isObject(model)) return fail('model', 'is missing');
  const { type = 'BPE', vocab, merges } = model as Record<string, unknown>;
  const isList = type === 'Unigram' && Array.isArray(vocab);
  if (!isList && (type !== 'BPE' || !isObject(vocab))) return refuseKind(path, type);
  if (isList && !vocab.every(isScored)) fail('model.vocab', 'is no list of tokens with scores');
  const entries = isList ? vocab.map(([token]: [string], id) => [token, id] as const) : Object.entries(vocab);
  const nTokens = entries.length;
  for (const [token, id] of entries)
    if (!isId(id)) fail('model.vocab', `gives ${short(token)} the number ${short(id)}`);
  const hasMerges = Array.isArray(merges) && merges.every(isMerge);
  if (!isList && !hasMerges) fail('model.merges', 'is no list of pairs');
  if (added !== null && !Array.isArray(added)) fail('added_tokens', 'is no list');
  const tokens = (added ?? []) as readonly unknown[];
  for (const token of tokens) if (!isAddedToken(token)) fail('added_tokens', `holds ${short(token)}`);
  const ids = [...entries.map(([, id]) => id as number), ...tokens.map((one) => (one as AddedToken).id)];
  const highest = ids.reduce((a, b) => Math.max(a, b), -1);
  const limit = MOST_IDS_A_TOKEN * (nTokens + tokens.length) + SPARE_IDS;
  if (highest >= limit)
    fail('the token', `with the number ${highest} is far beyond the ${ids.length} that there are`);
  return { ...json, added_tokens: tokens } as unknown as TokenizerJson;
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Numbers without a token cost memory, and a file could ask for any number of them. */
const MOST_IDS_A_TOKEN = 4;
const SPARE_IDS = 1 << 16;

/** Every token of the model's own table with its number. */
export function tokensOf({ model: { vocab } }: TokenizerJson): readonly (readonly [string, number])[] {
  return isScoredList(vocab) ? vocab.map(([token], id) => [token, id] as const) : Object.entries(vocab);
}

const isScoredList = (
  vocab: TokenizerJson['model']['vocab'],
): vocab is readonly (readonly [string, number])[] => Array.isArray(vocab);

function refuseKind(path: string, type: unknown): never {
  throw new UserError(`${path} is a tokenizer of the kind ${short(type)}, and BPE and Unigram are read.`, {
    action:
      'Choose a model with a byte-level tokenizer, as GPT-2 has, or one of SentencePiece, as LLaMA has.',
  });
}

const isScored = (value: unknown): boolean =>
  Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isMerge = (value: unknown): boolean =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string'));

function isAddedToken(value: unknown): value is AddedToken {
  if (!isObject(value)) return false;
  const { id, content, special = false } = value as Partial<Record<keyof AddedToken, unknown>>;
  return isId(id) && typeof content === 'string' && typeof special === 'boolean';
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
