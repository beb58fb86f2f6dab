// Whether a tokenizer's JSON is what it is used as, key by key: a file of strangers may hold anything. What only the
// library looks at is left to the library.

import { UserError } from '../../errors.ts';

export interface TokenizerJson {
  readonly model: {
    readonly type?: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (string | readonly string[])[];
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
  // Other kinds keep it as a list of pairs; what they are is said by whoever needs byte-level BPE.
  if (type !== 'BPE' || !isObject(vocab)) return notBpe(path);
  const nTokens = Object.keys(vocab).length;
  for (const [token, id] of Object.entries(vocab))
    if (!isId(id)) fail('model.vocab', `gives ${short(token)} the number ${short(id)}`);
  if (!Array.isArray(merges) || !merges.every(isMerge)) fail('model.merges', 'is no list of pairs');
  if (added !== null && !Array.isArray(added)) fail('added_tokens', 'is no list');
  const tokens = (added ?? []) as readonly unknown[];
  for (const token of tokens) if (!isAddedToken(token)) fail('added_tokens', `holds ${short(token)}`);
  const ids = [
    ...Object.values(vocab as Record<string, number>),
    ...tokens.map((one) => (one as AddedToken).id),
  ];
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

function notBpe(path: string): never {
  throw new UserError(`${path} is no byte-level BPE tokenizer.`, {
    action: 'Choose a model with a byte-level BPE tokenizer, as GPT-2 has.',
  });
}

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
