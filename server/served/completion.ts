// What a server is asked for a sample, and what it answers, by OpenAI's protocol of completions and the ways in which servers differ from it.
// Pure. An answer is a stranger's: what cannot be meant is refused, and a part that does not fit is left out.

import { isTokenIds } from '../token-ids.ts';

/** A text, or the ids of its tokens. */
export type ServedPrompt = string | readonly number[];

export interface CompletionRequest {
  readonly prompt: ServedPrompt;
  readonly maxTokens: number;
  readonly temperature: number;
  /** 1 cuts nothing off. */
  readonly topP: number;
  /** 0 cuts nothing off. It is no part of OpenAI's protocol, but most servers know it. */
  readonly topK: number;
  readonly seed: number;
}

/** The fields beyond OpenAI's protocol that a server takes. */
export interface Dialect {
  /**
   * How tokens are cut off. Servers have defaults of their own, often out of the model's files, so what is not wanted is said, too:
   * in fields, or in one field with all of a configuration, as `transformers serve` takes it, which else may not even draw.
   */
  readonly cuts: 'fields' | 'configuration' | 'none';
  readonly ids: boolean;
  readonly logprobs: boolean;
}

export const requestBody = (
  name: string,
  asked: CompletionRequest,
  { cuts, ids, logprobs }: Dialect,
): string =>
  JSON.stringify({
    model: name,
    prompt: asked.prompt,
    max_tokens: asked.maxTokens,
    temperature: asked.temperature,
    top_p: asked.topP,
    presence_penalty: 0,
    frequency_penalty: 0,
    ...CUTS[cuts](asked),
    seed: asked.seed,
    n: 1,
    stream: false,
    ...(logprobs ? { logprobs: 1 } : {}),
    ...(ids ? { return_token_ids: true } : {}),
  });

const CUTS: Readonly<Record<Dialect['cuts'], (asked: CompletionRequest) => object>> = {
  fields: ({ topK }) => ({ top_k: topK > 0 ? topK : -1, min_p: 0, repetition_penalty: 1 }),
  configuration: ({ topK, temperature }) => ({
    generation_config: JSON.stringify({
      ...{ do_sample: temperature > 0, top_k: topK, min_p: 0, repetition_penalty: 1 },
    }),
  }),
  none: () => ({}),
};

export interface Completion {
  readonly text: string;
  readonly ended: 'eos' | 'length' | 'unknown';
  /** Null where the server does not say. */
  readonly nTokens: number | null;
  readonly tokens: readonly number[] | null;
  /** In nats, one a token. */
  readonly logprobs: readonly number[] | null;
  /** Bytes of text that each token stands for. */
  readonly tokenBytes: readonly number[] | null;
}

/** The answer is no completion; the message says what it is, in our own words. */
export class NoCompletion extends Error {}

export function readCompletion(bytes: Buffer, maxTokens: number): Completion {
  const answer = asRecord(parse(bytes));
  const choice = asRecord(Array.isArray(answer.choices) ? answer.choices[0] : undefined);
  const { text } = choice;
  if (typeof text !== 'string') throw new NoCompletion('an answer without the text of a completion');
  const listed = readLogprobs(choice.logprobs, text, choice.finish_reason);
  const ids = isTokenIds(choice.token_ids) ? choice.token_ids : listed.ids;
  const usage = asRecord(answer.usage).completion_tokens;
  const nListed = ids?.length ?? listed.logprobs?.length ?? null;
  const nTokens = nListed ?? (isCount(usage) ? usage : null);
  // Servers count an end token or do not; beyond that, what was not asked for is not believed.
  if (nTokens !== null && nTokens > maxTokens + 1)
    throw new NoCompletion(`${nTokens} tokens, where ${maxTokens} were asked for`);
  const fits = <Value>(values: readonly Value[] | null) =>
    values !== null && values.length === nTokens ? values : null;
  return {
    text,
    ended: readEnd(choice.finish_reason),
    nTokens,
    tokens: fits(ids),
    logprobs: fits(listed.logprobs),
    tokenBytes: fits(listed.tokenBytes),
  };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new NoCompletion('what is no JSON');
  }
}

type Json = Readonly<Record<string, unknown>>;

const asRecord = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readEnd(reason: unknown): Completion['ended'] {
  switch (reason) {
    case 'stop':
    case 'eos':
    case 'eos_token':
    case 'stop_sequence':
      return 'eos';
    case 'length':
      return 'length';
    case 'content_filter':
      return 'unknown';
    default:
      // A server that gave up says so here, and its text is half a sample.
      throw new NoCompletion('a completion that did not come to an end');
  }
}

interface Listed {
  readonly ids: readonly number[] | null;
  readonly logprobs: readonly number[] | null;
  readonly tokenBytes: readonly number[] | null;
}

const NOTHING: Listed = { ids: null, logprobs: null, tokenBytes: null };

/** Two shapes are about: lists beside each other, as OpenAI's completions have them, and a list of objects, as its chats do. */
function readLogprobs(value: unknown, text: string, reason: unknown): Listed {
  const { tokens, token_logprobs, content } = asRecord(value);
  if (Array.isArray(content)) return readContent(content.map(asRecord), text);
  if (!Array.isArray(tokens) || !Array.isArray(token_logprobs)) return NOTHING;
  if (tokens.length !== token_logprobs.length) return NOTHING;
  return {
    ids: null,
    logprobs: token_logprobs.every(isLogprob) ? token_logprobs.map(asLogprob) : null,
    tokenBytes: tokens.every((token) => typeof token === 'string') ? lengthsOf(tokens, text, reason) : null,
  };
}

function readContent(content: readonly Json[], text: string): Listed {
  const ids = content.map(({ id }) => id);
  const logprobs = content.map(({ logprob }) => logprob);
  const lengths = content.map(({ bytes, token }) =>
    Array.isArray(bytes) ? bytes.length : Buffer.byteLength(String(token ?? '')),
  );
  return {
    ids: isTokenIds(ids) ? ids : null,
    logprobs: logprobs.every(isLogprob) ? logprobs.map(asLogprob) : null,
    tokenBytes: addsUp(lengths, text) ? lengths : null,
  };
}

const isLogprob = (value: unknown): value is number => typeof value === 'number' && value < 1e-3;

/** Rounding may lift a certain token above 0. */
const asLogprob = (value: number) => Math.min(0, value);

/** Null where the tokens' texts are not the text: a character may be cut in two. An end token stands for no text. */
function lengthsOf(tokens: readonly string[], text: string, reason: unknown): readonly number[] | null {
  const lengths = tokens.map((token) => Buffer.byteLength(token));
  if (addsUp(lengths, text)) return tokens.join('') === text ? lengths : null;
  const own = tokens.slice(0, -1);
  return reason !== 'length' && own.join('') === text ? [...lengths.slice(0, -1), 0] : null;
}

const addsUp = (lengths: readonly number[], text: string) =>
  lengths.reduce((sum, n) => sum + n, 0) === Buffer.byteLength(text) && lengths.every((n) => n < 65536);

/** The likeliest tokens at the first position with their log-probabilities, for comparing two answers; empty where there are none. */
export function firstDistribution(bytes: Buffer): ReadonlyMap<string, number> {
  const choice = asRecord((asRecord(parse(bytes)).choices as unknown[] | undefined)?.[0]);
  const { top_logprobs, content } = asRecord(choice.logprobs);
  const first = Array.isArray(top_logprobs) ? top_logprobs[0] : undefined;
  if (Array.isArray(content)) {
    const listed = asRecord(content[0]).top_logprobs;
    const entries = (Array.isArray(listed) ? listed : []).map(asRecord);
    return new Map(entries.flatMap(({ token, logprob }) => entryOf(String(token), logprob)));
  }
  return new Map(Object.entries(asRecord(first)).flatMap(([token, logprob]) => entryOf(token, logprob)));
}

const entryOf = (token: string, logprob: unknown): [string, number][] =>
  typeof logprob === 'number' ? [[token, logprob]] : [];
