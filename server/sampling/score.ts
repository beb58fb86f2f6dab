// Scores texts under a model, whoever wrote them: the log-probability of every token, and what the published
// study derives from it. Texts longer than the context are read in overlapping windows.

import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { Execution } from '../../protocol/study.ts';
import { textLogprobs, tokenStarts } from '../analysis/text-tokens.ts';
import { windowedPerplexity } from '../analysis/windowed-perplexity.ts';
import { cutWindows, type WindowRequest } from './forms/score/windows.ts';
import type { Checkpoint, ExportedModel } from './model/checkpoint.ts';
import { openWindowReader } from './read-windows.ts';
import { openEncoder } from './tokenizer/open-encoder.ts';
import { tokenLengths } from './tokenizer/token-bytes.ts';

export interface Score {
  /** The text's place in the input, from 0. Scores come in that order. */
  readonly index: number;
  readonly tokens: readonly number[];
  /**
   * The log-probability of each token, in nats. The first is conditioned on the beginning token alone, or not scored
   * where there is none: it is NaN then, and counts nowhere.
   */
  readonly logprobs: Float32Array;
  /** Mean negative log-probability of a scored token, in nats; null where there is none. */
  readonly meanNll: number | null;
  /** e to the power of `meanNll`. */
  readonly perplexity: number | null;
  /** Mean of the perplexities of all windows of six consecutive lines: the study's average perplexity. */
  readonly windowPerplexity: number | null;
  /** Size of the text after zlib at its default level. */
  readonly zlibBytes: number;
}

interface ScoreRequest {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly texts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly execution: Execution;
  readonly signal: AbortSignal;
  /** What comes before a text: the beginning token, or nothing, and then its second token is the first to be scored. */
  readonly before?: 'beginning-token' | 'nothing';
  /** About how many positions the texts have, where that is known: by it a device is taken that nobody named. */
  readonly nPositions?: number;
}

export async function* scoreTexts(request: ScoreRequest): AsyncGenerator<Score> {
  const { checkpoint, signal, before = 'beginning-token' } = request;
  const { config, tokenBytes } = checkpoint;
  const { execution, nPositions = 0 } = request;
  using reader = await openWindowReader({ checkpoint, execution, nPositions, signal });
  using encoder = openEncoder(checkpoint.tokenizer, tokenBytes, { signal });
  const open = new Map<number, OpenText>();
  async function* cutTexts(): AsyncGenerator<readonly WindowRequest[], undefined> {
    let waiting: WindowRequest[] = [];
    let index = 0;
    for await (const text of request.texts) {
      const [tokens = []] = await encoder.encode([text]);
      const nGiven = before === 'nothing' ? Math.min(1, tokens.length) : 0;
      const logprobs = new Float32Array(tokens.length).fill(Number.NaN, 0, nGiven);
      open.set(index, { text, tokens, logprobs, nGiven, nMissing: tokens.length - nGiven });
      // A text without a beginning token begins with its own first.
      const first = nGiven === 1 ? { ...config, bosToken: tokens[0]! } : config;
      waiting.push(...cutWindows(index, tokens.slice(nGiven), first));
      index++;
      if (index % TEXTS_AT_ONCE !== 0) continue;
      yield waiting;
      waiting = [];
    }
    yield waiting;
  }
  let nYielded = 0;
  const finish = async function* () {
    for (let next = open.get(nYielded); next?.nMissing === 0; next = open.get(nYielded)) {
      open.delete(nYielded);
      yield await toScore(nYielded, next, checkpoint);
      nYielded++;
    }
  };
  for await (const results of reader.read(cutTexts())) {
    for (const { text, start, logprobs } of results) {
      const owner = open.get(text)!;
      owner.logprobs.set(logprobs, start + owner.nGiven);
      owner.nMissing -= logprobs.length;
    }
    yield* finish();
  }
  yield* finish();
}

/** Texts that are sorted together by length, so that batches waste little on padding. */
const TEXTS_AT_ONCE = 64;

interface OpenText {
  readonly text: Uint8Array;
  readonly tokens: readonly number[];
  readonly logprobs: Float32Array;
  /** Tokens at its beginning that are not scored. */
  readonly nGiven: number;
  nMissing: number;
}

async function toScore(
  index: number,
  { text, tokens, logprobs, nGiven }: OpenText,
  { tokenBytes, firstSpace }: Pick<Checkpoint, 'tokenBytes' | 'firstSpace'>,
): Promise<Score> {
  // The space that the encoder put in front is none of the text's.
  const isPut = tokens.reduce((sum, token) => sum + (tokenBytes[token]?.length ?? 0), 0) > text.length;
  const nBytes = [...tokenLengths(tokenBytes, tokens, isPut ? firstSpace : 'kept')];
  const scored = logprobs.subarray(nGiven);
  const meanNll = scored.length === 0 ? null : -scored.reduce((sum, x) => sum + x, 0) / scored.length;
  const starts = tokenStarts(nBytes).slice((nBytes[0] ?? 0) > 0 ? nGiven : 0);
  return {
    index,
    tokens,
    logprobs,
    meanNll,
    perplexity: meanNll === null ? null : Math.exp(meanNll),
    windowPerplexity: windowedPerplexity(text, starts, textLogprobs(scored, nBytes.slice(nGiven))),
    zlibBytes: (await promisify(deflate)(text)).length,
  };
}
