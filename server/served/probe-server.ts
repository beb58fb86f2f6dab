// What a server really does with what it is asked for, found by asking: whether it repeats a sample by its seed, cuts to the likeliest
// tokens, gives log-probabilities and of which distribution, and the ids of tokens. A field that a server does not know is
// mostly passed over in silence, and the study would say what is not so.

import { UserError } from '../errors.ts';
import type { ModelFact } from '../sampling/decoder/model-fact.ts';
import {
  type Completion,
  type CompletionRequest,
  type Dialect,
  firstDistribution,
  readCompletion,
  requestBody,
  type ServedPrompt,
} from './completion.ts';
import { complete, type ServedAccess } from './served-client.ts';

export interface ProbedServer {
  readonly dialect: Dialect;
  /** Whether log-probabilities are those of the plain softmax at temperature 1. */
  readonly hasPlainLogprobs: boolean;
  readonly facts: readonly ModelFact[];
  /** What a study of it cannot have, in sentences. */
  readonly notes: readonly string[];
}

/** How samples are to be drawn. */
export interface Drawing {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
}

const TOKENS = 16;
/** Between two answers to one question: servers compute in 16 bits. */
const TOLERANCE = 0.05;

/** Throws a `UserError` where samples would not be what the plan says. `atOnce`: requests that will be under way together. */
export async function probeServer(
  access: ServedAccess,
  name: string,
  prompt: ServedPrompt,
  drawing: Drawing,
  atOnce: 'one' | 'several',
): Promise<ProbedServer> {
  const ask = (dialect: Dialect, fields: Partial<CompletionRequest>) =>
    askOnce(access, name, { prompt, maxTokens: TOKENS, ...WILD, ...fields }, dialect);
  const { dialect, answer: first } = await findDialect(drawing, (tried) => ask(tried, {}));
  // Some servers keep one state for all seeds: a request has its own only while no other is under way.
  const both = [() => ask(dialect, {}), () => ask(dialect, { seed: 2 })] as const;
  const [again, other] =
    atOnce === 'one' ? [await both[0](), await both[1]()] : await Promise.all([both[0](), both[1]()]);
  if (drawing.temperature > 0 && first.text !== '' && first.text === other.text) {
    throw new UserError(
      `The server at ${access.address} gives the same text for different seeds at temperature ${WILD.temperature}: all samples would be one`,
      { action: 'See to the settings of the server, or sample with --temperature 0 and several prompts.' },
    );
  }
  const tame = await ask(dialect, { temperature: 1, topK: 1 });
  const cuts =
    dialect.cuts !== 'none' && (await repeatsAny([tame.text], (seed) => ask(dialect, { topK: 1, seed })));
  if (drawing.topK > 0 && !cuts) {
    throw new UserError(
      `The server at ${access.address} does not cut to the top-k likeliest tokens: with top_k 1 it gave two different texts`,
      { action: 'Use --top-k 0, and --top-p if tokens are to be cut off.' },
    );
  }
  const logprobs = judgeLogprobs(first, tame);
  const isPlainRule = drawing.temperature === 1 && drawing.topK === 0 && drawing.topP === 1;
  const hasPlainLogprobs = logprobs === 'plain' || (logprobs === 'as drawn' && isPlainRule);
  const repeats = first.text === again.text;
  return {
    dialect,
    hasPlainLogprobs,
    ...tell({ cuts, repeats, logprobs, hasPlainLogprobs, first, atOnce }),
  };
}

/** Whether two of three texts are one. A server that computes in 16 bits may decide a near tie the other way, once. */
async function repeatsAny(texts: string[], ask: (seed: number) => Promise<Answer>): Promise<boolean> {
  for (const seed of [2, 3]) {
    const { text } = await ask(seed);
    if (texts.includes(text)) return true;
    texts.push(text);
  }
  return false;
}

/** Two texts that were drawn like this are never equal. */
const WILD = { temperature: 2, topP: 1, topK: 0, seed: 1 } as const;

type Answer = Completion & { readonly distribution: ReadonlyMap<string, number> };

const askOnce = (
  access: ServedAccess,
  name: string,
  request: CompletionRequest,
  dialect: Dialect,
): Promise<Answer> =>
  complete(
    access,
    requestBody(name, request, dialect),
    request.maxTokens,
    { onBusy() {} },
    (bytes): Answer => ({
      ...readCompletion(bytes, request.maxTokens),
      distribution: firstDistribution(bytes),
    }),
  );

/** Strict servers refuse fields that they do not know: then less is asked for. */
async function findDialect(
  { topK }: Drawing,
  ask: (dialect: Dialect) => Promise<Answer>,
): Promise<{ readonly dialect: Dialect; readonly answer: Answer }> {
  const refusals: UserError[] = [];
  for (const dialect of DIALECTS.filter(({ cuts }) => cuts !== 'none' || topK === 0)) {
    try {
      return { dialect, answer: await ask(dialect) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refusals.push(error);
    }
  }
  // The last asks for least, so what it is refused for is what matters, unless that is the field that few servers know.
  const last = refusals.at(-1)!;
  throw last.message.includes('generation_config') ? refusals[0]! : last;
}

const DIALECTS: readonly Dialect[] = [
  { cuts: 'fields', ids: true, logprobs: true },
  { cuts: 'fields', ids: false, logprobs: true },
  { cuts: 'fields', ids: false, logprobs: false },
  { cuts: 'configuration', ids: false, logprobs: true },
  { cuts: 'none', ids: false, logprobs: true },
  { cuts: 'none', ids: false, logprobs: false },
];

type Logprobs = 'plain' | 'as drawn' | 'not told' | 'none';

/** One prompt at two temperatures: the plain distribution of its first token is the same, and the one drawn from is not. */
function judgeLogprobs(wild: Answer, tame: Answer): Logprobs {
  if (wild.logprobs === null || tame.logprobs === null) return 'none';
  const pairs = [...wild.distribution].flatMap(([token, logprob]) => {
    const other = tame.distribution.get(token);
    return other === undefined ? [] : [[logprob, other] as const];
  });
  if (pairs.length === 0) return 'not told';
  if (pairs.some(([a, b]) => Math.abs(a - b) > TOLERANCE)) return 'as drawn';
  // A token that is certain at every temperature tells nothing.
  return pairs.every(([a]) => a > -TOLERANCE) ? 'not told' : 'plain';
}

interface Findings {
  readonly cuts: boolean;
  readonly repeats: boolean;
  readonly logprobs: Logprobs;
  readonly hasPlainLogprobs: boolean;
  readonly first: Completion;
  readonly atOnce: 'one' | 'several';
}

function tell({ cuts, repeats, logprobs, hasPlainLogprobs, first, atOnce }: Findings) {
  const fact = (name: string, value: string): ModelFact => ({
    ...{ fact: name, value, source: 'asking the server', passedOver: [] },
  });
  const facts = [
    fact('seed', repeats ? 'repeats a sample' : 'does not repeat a sample'),
    fact('cuts', cuts ? 'are done as asked for' : 'the server’s own, if any'),
    fact('log-probabilities', LOGPROB_WORDS[logprobs]),
    fact('token ids', first.tokens === null ? 'not given' : 'given'),
    fact(
      'lengths of tokens',
      first.tokenBytes === null && first.text !== '' ? 'not known: measures of tokens are left out' : 'known',
    ),
  ];
  const notes = [
    ...(repeats ? [] : [NO_REPEATS[atOnce]]),
    ...(cuts ? [] : [OWN_CUTS]),
    ...(hasPlainLogprobs ? [] : [NO_LOGPROBS[logprobs]]),
  ];
  return { facts, notes };
}

const NO_REPEATS: Readonly<Record<Findings['atOnce'], string>> = {
  one: 'The server does not repeat a sample by its seed: the study cannot be repeated exactly.',
  several:
    'The server does not repeat a sample by its seed, at least while it has another request: the study cannot be repeated exactly. It may with --batch 1.',
};

const OWN_CUTS =
  'The server does not do as it is told about cuts, so it may have some of its own, such as top-k out of the model’s files: see to its settings.';

const LOGPROB_WORDS: Readonly<Record<Logprobs, string>> = {
  plain: 'of the plain softmax',
  'as drawn': 'of the distribution that is drawn from',
  'not told': 'of a distribution that could not be told',
  none: 'not given',
};

const LEFT_OUT = 'perplexities are left out; verbatim score can add them where the weights are at hand.';
const NO_LOGPROBS: Readonly<Record<Logprobs, string>> = {
  plain: '',
  'as drawn': `The server’s log-probabilities are those after temperature and cuts, so they are not kept: ${LEFT_OUT}`,
  'not told': `It could not be told of which distribution the server’s log-probabilities are, so they are not kept: ${LEFT_OUT}`,
  none: `The server gives no log-probabilities: ${LEFT_OUT}`,
};
