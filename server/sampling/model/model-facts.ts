// The one place that gathers what is known of a model: from its description, its generation config, its tokenizer and what is
// set beside that, its weights, and which files there are. Says of each fact which source won, for the study's record and for who
// asks before anything is sampled. Decides nothing: the readers of each did.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ModelLimits, SampleEnds } from '../decoder/decoder-spec.ts';
import { NO_END } from '../decoder/decoder-spec.ts';
import { linearsOf } from '../decoder/decoder-table.ts';
import { type DecoderWeights, tensorsOf } from '../decoder/decoder-weights.ts';
import type { ModelFact } from '../decoder/model-fact.ts';
import { type Frame, NO_FRAME, readFrame } from '../tokenizer/frame.ts';
import type { FoundEnds } from '../tokenizer/sample-ends.ts';
import { readSettings, type TokenizerFile } from '../tokenizer/tokenizer-file.ts';

type Json = Readonly<Record<string, unknown>>;

export interface FactSources {
  /** The model's folder, or its one file. */
  readonly path: string;
  readonly description: { readonly name: string; readonly config: Json };
  readonly generation: Json;
  readonly tokenizer: TokenizerFile;
  readonly nTokens: number;
  readonly limits: Omit<ModelLimits, keyof SampleEnds>;
  readonly found: FoundEnds;
  /** What is sampled; `elsewhere` where it is still to be fetched. */
  readonly taken:
    | { readonly kind: 'weights'; readonly weights: DecoderWeights; readonly head: 'tied' | 'own' }
    | { readonly kind: 'exported'; readonly graph: string }
    | { readonly kind: 'elsewhere' };
}

export async function gatherFacts(sources: FactSources): Promise<readonly ModelFact[]> {
  const { path, description, taken, found } = sources;
  const folder = /\.gguf$/i.test(path) ? dirname(path) : path;
  const names = await namesIn(folder);
  const settings = await readSettings(folder);
  const facts: (ModelFact | null)[] = [
    ...found.facts,
    whatIsSampled(sources, names),
    fact('architecture', described(description.config.model_type), description.name),
    taken.kind === 'weights' ? precision(taken.weights, description) : null,
    taken.kind === 'weights' ? head(taken, description.name) : null,
    context(sources, settings),
    vocabulary(sources),
    tokenizerFile(sources, names),
    framing(sources),
    samplingRule(sources),
  ];
  return facts.filter((one) => one !== null);
}

const fact = (
  name: string,
  value: string,
  source: string,
  passedOver: readonly string[] = [],
): ModelFact => ({ fact: name, value, source, passedOver });

const described = (value: unknown) => (typeof value === 'string' ? value : 'not said');

/** Forms of weights, the first to be taken first. */
const FORMS = [
  { pattern: /^model\.safetensors$/, what: 'model.safetensors' },
  { pattern: /^model\.safetensors\.index\.json$/, what: 'model.safetensors.index.json' },
  { pattern: /^pytorch_model\.bin(?:\.index\.json)?$/, what: 'pytorch_model.bin' },
  { pattern: /^(?:onnx\/)?(?:decoder_)?model[^/]*\.onnx$/, what: 'an ONNX export' },
  { pattern: /\.gguf$/i, what: 'a GGUF file' },
] as const;

function whatIsSampled({ path, taken }: FactSources, names: readonly string[]): ModelFact | null {
  if (taken.kind === 'elsewhere') return null;
  const files =
    taken.kind === 'exported'
      ? [basename(taken.graph)]
      : [...new Set(tensorsOf(taken.weights).map(({ file }) => basename(file)))];
  const value =
    taken.kind === 'exported' ? 'an exported graph' : /\.gguf$/i.test(path) ? 'a GGUF file' : 'weights';
  const shown =
    files.slice(0, MOST_FILES).join(', ') +
    (files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more` : '');
  const isIndexed = taken.kind === 'weights' && files.length > 1;
  const others = FORMS.filter(({ pattern }) => names.some((name) => pattern.test(name)))
    .filter(({ pattern, what }) => {
      if (taken.kind === 'exported') return what !== 'an ONNX export';
      return !files.some((file) => pattern.test(file)) && !(isIndexed && what.endsWith('.index.json'));
    })
    .map(({ what }) => `${what} is there, too`);
  return fact('what is sampled', value, shown, others);
}

const MOST_FILES = 3;

function precision(weights: DecoderWeights, { name, config }: FactSources['description']): ModelFact {
  const types = [...new Set(linearsOf(weights).map(({ weight }) => weight.type))];
  const said = config.torch_dtype ?? config.dtype;
  const isOther = typeof said === 'string' && said !== 'auto' && types.join() !== said;
  return fact('precision', types.join(' and '), 'the weights', isOther ? [`${name} says ${said}`] : []);
}

/** `head` is what the description says. */
function head(
  { weights, head: said }: Extract<FactSources['taken'], { kind: 'weights' }>,
  name: string,
): ModelFact {
  const isTied = weights.head.weight.bareName === weights.embedding.bareName;
  const words = { tied: 'tied to the embedding', own: 'its own' } as const;
  const is = isTied ? 'tied' : 'own';
  return fact('head', words[is], 'the weights', is === said ? [] : [`${name} says ${words[said]}`]);
}

function context({ description, limits }: FactSources, settings: Json): ModelFact {
  const value = limits.nPositions === NO_END ? 'without end' : `${limits.nPositions} positions`;
  const { model_max_length: most } = settings;
  // Tokenizers that know none write a number with thirty digits.
  const isOther = Number.isSafeInteger(most) && most !== limits.nPositions;
  return fact('context', value, description.name, isOther ? [`tokenizer_config.json says ${most}`] : []);
}

function vocabulary({ description, limits, tokenizer, nTokens, taken }: FactSources): ModelFact {
  const { vocab_size: said } = description.config;
  const source =
    taken.kind === 'weights' ? 'the weights' : taken.kind === 'exported' ? 'the graph' : description.name;
  return fact('vocabulary', `${limits.vocabularySize} rows`, source, [
    ...(nTokens === limits.vocabularySize ? [] : [`${basename(tokenizer.path)} has ${nTokens} tokens`]),
    ...(Number.isSafeInteger(said) && said !== limits.vocabularySize
      ? [`${description.name} says ${said}`]
      : []),
  ]);
}

function tokenizerFile({ tokenizer, nTokens }: FactSources, names: readonly string[]): ModelFact {
  const own = basename(tokenizer.path);
  const others = ['tokenizer.json', 'vocab.json', 'tokenizer.model'].filter(
    (name) => name !== own && names.includes(name),
  );
  return fact(
    'tokenizer',
    `${tokenizer.json.model.type ?? 'BPE'} with ${nTokens} tokens`,
    own,
    others.map((name) => `${name} is there, too`),
  );
}

/** The tokens that stand around every prompt. */
function framing({ tokenizer }: FactSources): ModelFact {
  const own = readFrame(tokenizer.json, {});
  const taken = tokenizer.frame ?? NO_FRAME;
  const isOwn = tellFrame(own) === tellFrame(taken);
  const path = basename(tokenizer.path);
  return isOwn
    ? fact('around prompts', tellFrame(taken), path)
    : fact('around prompts', tellFrame(taken), 'tokenizer_config.json', [`${path} says ${tellFrame(own)}`]);
}

function tellFrame({ before, after }: Frame): string {
  if (before.length + after.length === 0) return 'nothing';
  const ends = [
    before.length > 0 ? `${before.join(', ')} before` : '',
    after.length > 0 ? `${after.join(', ')} after` : '',
  ];
  return ends.filter(Boolean).join(' and ');
}

const RULES = [
  'do_sample',
  'temperature',
  'top_k',
  'top_p',
  'min_p',
  'typical_p',
  'repetition_penalty',
  'no_repeat_ngram_size',
];

/** How tokens are drawn is the plan's to say; what the model's authors propose is told. */
function samplingRule({ generation }: FactSources): ModelFact | null {
  const said = RULES.filter((key) => generation[key] !== undefined && generation[key] !== null);
  if (said.length === 0) return null;
  const proposed = said.map((key) => `${key} ${JSON.stringify(generation[key])}`).join(', ');
  return fact('how tokens are drawn', 'by the plan', 'the plan', [`generation_config.json says ${proposed}`]);
}

/** What a probe of a graph that was made elsewhere found of its rows. */
export const rowsFact = (graph: string, rows: 'together' | 'alone'): ModelFact =>
  fact(
    'rows of a batch',
    rows === 'together' ? 'do not influence each other' : 'influence each other, so each runs by itself',
    `a probe of ${basename(graph)}`,
  );

async function namesIn(folder: string): Promise<readonly string[]> {
  const list = (at: string) => readdir(at, { encoding: 'utf8' }).catch((): string[] => []);
  return [...(await list(folder)), ...(await list(join(folder, 'onnx'))).map((name) => `onnx/${name}`)];
}
