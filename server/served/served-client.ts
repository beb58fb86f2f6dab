// Asks a server of models, as often as it takes: waits when it is told to, and leaves a server that answers nothing that could be meant.
// The key goes to the host that the user named and to no other.

import { say } from '../../guard/text/say.ts';
import { shorten } from '../../guard/text/shorten.ts';
import { Cancelled, EnvironmentError, UserError } from '../errors.ts';
import { ask, type HttpAnswer, readBody, TooLong } from '../net/http-request.ts';
import {
  type Attempt,
  inmostReason,
  isTransient,
  type Patience,
  retryAfterMs,
  withRetries,
} from '../net/with-retries.ts';
import { NoCompletion } from './completion.ts';

export interface ServedAccess {
  /** Written as `servedAddress` does. */
  readonly address: string;
  readonly key: string | null;
  readonly patience: Patience;
  /** The longest time without a byte; a completion comes all at once. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 15 * 60_000;
const MOST_LIST_BYTES = 4 << 20;
/** Enough for the words of a refusal. */
const MOST_REFUSAL_BYTES = 64 << 10;
const MOST_WORDS = 300;

/** Too much was asked at once; whoever asks is told before it is tried again. */
export interface Busy {
  readonly onBusy: () => void;
}

/** What a completion's answer may have: its text, and for each token its words and log-probabilities. */
const completionBytes = (maxTokens: number) => Math.min(256 << 20, (1 << 20) + 8192 * maxTokens);

/** Gives what `read` makes of the answer; where that throws `NoCompletion`, it is asked again. */
export const complete = <Result>(
  access: ServedAccess,
  body: string,
  maxTokens: number,
  { onBusy }: Busy,
  read: (bytes: Buffer) => Result,
): Promise<Result> => answerOf(access, 'completions', body, completionBytes(maxTokens), onBusy, read);

export interface ListedModel {
  readonly id: string;
  /** What the server says of it and does not change when it is started anew, as JSON. */
  readonly about: string;
}

/** The models that the server holds. */
export const listModels = (access: ServedAccess): Promise<readonly ListedModel[]> =>
  answerOf(access, 'models', null, MOST_LIST_BYTES, () => {}, readModels);

/** What a server says of the model; how much of it is held at once is another each time that it is started. */
const LASTING = ['id', 'root', 'parent', 'owned_by'] as const;
const LASTING_OF_META = ['vocab_type', 'n_vocab', 'n_embd', 'n_params', 'size', 'ftype'] as const;

function readModels(bytes: Buffer): readonly ListedModel[] {
  let value: { readonly data?: unknown };
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new NoCompletion('what is no JSON');
  }
  if (!Array.isArray(value?.data)) throw new NoCompletion('what is no list of models');
  return value.data.flatMap((entry: unknown) => {
    const record = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
    const { id } = record;
    if (typeof id !== 'string') return [];
    const meta = typeof record.meta === 'object' && record.meta !== null ? record.meta : {};
    const about = { ...picked(record, LASTING), ...picked(meta, LASTING_OF_META) };
    return [{ id, about: JSON.stringify(about).slice(0, 4000) }];
  });
}

const picked = (from: object, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));

/** Rejects with `Cancelled`, `UserError` where the request is refused, and `EnvironmentError` where there is no answer. */
function answerOf<Result>(
  { address, key, patience, silenceMs = SILENCE_MS }: ServedAccess,
  path: string,
  body: string | null,
  maxBytes: number,
  onBusy: () => void,
  read: (bytes: Buffer) => Result,
): Promise<Result> {
  const url = new URL(`${address}/${path}`);
  const { signal } = patience;
  const headers = {
    accept: 'application/json',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(body === null ? {} : { 'content-type': 'application/json' }),
  };
  const method = body === null ? 'GET' : 'POST';
  return withRetries(patience, async (): Promise<Attempt<Result>> => {
    try {
      const answer = await ask({
        ...{ url, method, headers, signal, silenceMs },
        ...(body === null ? {} : { body }),
      });
      if (answer.status === 200) return { kind: 'done', result: read(await readBody(answer, maxBytes)) };
      const words = await wordsOf(answer, key);
      if (!isTransient(answer.status)) throw refused(url, answer.status, words);
      if (answer.status === 429 || answer.status === 503) onBusy();
      return {
        kind: 'failed',
        failure: `${url.host} answered ${answer.status}`,
        waitMs: retryAfterMs(answer.headers['retry-after']),
        orElse: () => noAnswer(url, `it answers ${answer.status}${words}`),
      };
    } catch (error) {
      if (signal.aborted) throw new Cancelled();
      if (error instanceof UserError || error instanceof EnvironmentError) throw error;
      const failure =
        error instanceof NoCompletion || error instanceof TooLong
          ? `it answers with ${error.message}`
          : inmostReason(error);
      return { kind: 'failed', failure: `${url.host}: ${failure}`, orElse: () => noAnswer(url, failure) };
    }
  });
}

/** What the server says of its refusal, on one line behind a colon. Some say the key again. */
async function wordsOf(answer: HttpAnswer, key: string | null): Promise<string> {
  let text = '';
  try {
    text = (await readBody(answer, MOST_REFUSAL_BYTES)).toString('utf8');
    const { error, message, detail } = JSON.parse(text);
    const said: unknown =
      typeof error === 'object' && error !== null ? error.message : (error ?? message ?? detail);
    if (typeof said === 'string') text = said;
  } catch {
    // It is no JSON, or too long: what came of it is shown.
  }
  const line = (key === null ? text : text.replaceAll(key, '…')).replace(/\s+/g, ' ').trim();
  return line === '' ? '' : say`: ${shorten(line, MOST_WORDS)}`;
}

function refused(url: URL, status: number, words: string): UserError {
  const what = `${url.origin}${url.pathname} refuses (${status})${words}`;
  const isOfKey = status === 401 || status === 403;
  return new UserError(what, {
    action: isOfKey
      ? 'Give its key in VERBATIM_API_KEY, or in a file with --api-key-file.'
      : status === 404
        ? 'Check the address, which mostly ends in /v1, and the name: verbatim doctor --model ADDRESS lists the names.'
        : 'Change what it does not take; verbatim doctor with the same --model and --served-name tells what it takes.',
  });
}

function noAnswer(url: URL, failure: string): never {
  throw new EnvironmentError(`The server at ${url.host} gives no completion (${failure})`, {
    action: 'See to the server, and run the same command again: it goes on where it stopped.',
  });
}
