// The tokens that a sample begins and ends with: files of one model can disagree about that. generation_config.json goes first, unless it
// only repeats config.json, as a file that was made from it does; then what the tokenizer names; then config.json, and at
// last what its architecture means without a word. Says which file won, for the study's record.

import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import type { SampleEnds } from '../decoder/decoder-spec.ts';
import type { ModelFact } from '../decoder/model-fact.ts';
import type { SpecialTokens } from './special-tokens.ts';

type Json = Readonly<Record<string, unknown>>;

export interface EndSources {
  readonly dir: string;
  readonly config: Json;
  /** What `config` is called in messages. */
  readonly configName: string;
  readonly generation: Json;
  readonly tokenizer: SpecialTokens;
  readonly defaults: { readonly bos: number | null; readonly eos: number | null };
  readonly vocabularySize: number;
  /** What alone was looked at before there were several sources: it is part of models' digests. */
  readonly looksOnlyAt: Json;
}

export interface FoundEnds {
  readonly ends: SampleEnds;
  readonly facts: readonly ModelFact[];
  /** True where these are what `looksOnlyAt` says, which the digest of a model holds without them. */
  readonly areExpected: boolean;
}

/** Throws a UserError where nothing says what a sample begins with. */
export function findSampleEnds(sources: EndSources): FoundEnds {
  const bos = choose('beginning token', sources, 'bos');
  const eos = choose('end tokens', sources, 'eos');
  // Models without a beginning token were trained on documents that the end token sets apart.
  const [bosToken = eos.tokens[0]] = bos.tokens;
  if (bosToken === undefined) {
    throw new UserError(
      `${sources.dir}: neither "bos_token_id" nor "eos_token_id" is in any file, so there is nothing to start a sample from.`,
      { action: 'Write "bos_token_id" into generation_config.json.' },
    );
  }
  const facts = [
    eos.fact,
    bos.fact ?? (eos.fact && { ...eos.fact, fact: 'beginning token', value: `${bosToken}` }),
  ];
  return {
    ends: { bosToken, eosTokens: eos.tokens },
    facts: facts.filter((fact) => fact !== null),
    areExpected: areExpected(sources, bosToken, eos.tokens),
  };
}

interface Claim {
  readonly source: string;
  readonly tokens: readonly unknown[];
}

function choose(
  fact: string,
  sources: EndSources,
  which: 'bos' | 'eos',
): { readonly tokens: readonly number[]; readonly fact: ModelFact | null } {
  const claims = claimsOf(sources, which).filter(({ tokens }) => tokens.length > 0);
  const isUsable = ({ tokens }: Claim) => tokens.every((token) => isToken(token, sources.vocabularySize));
  const chosen = claims.find(isUsable);
  if (chosen === undefined) {
    const [unusable] = claims;
    if (unusable === undefined) return { tokens: [], fact: null };
    const value = unusable.tokens.length === 1 ? unusable.tokens[0] : unusable.tokens;
    throw new UserError(
      `${join(sources.dir, unusable.source)}: "${which}_token_id" is ${JSON.stringify(value)}, which is no token of ` +
        `a vocabulary of ${sources.vocabularySize}.`,
      { action: `Write the right "${which}_token_id" into generation_config.json.` },
    );
  }
  const tokens = chosen.tokens as readonly number[];
  const passedOver = claims
    .filter((claim) => claim.tokens.join() !== tokens.join())
    .map((claim) => `${claim.source} says ${claim.tokens.join(', ')}`);
  return { tokens, fact: { fact, value: tokens.join(', '), source: chosen.source, passedOver } };
}

/** What each source says, the first to be believed first. */
function claimsOf(
  { dir, config, configName, generation, tokenizer, defaults }: EndSources,
  which: 'bos' | 'eos',
): readonly Claim[] {
  const key = `${which}_token_id`;
  const read = (source: string, json: Json) => {
    const tokens = toList(json[key]);
    if (tokens.every(Number.isSafeInteger)) return tokens;
    throw new UserError(`${join(dir, source)}: "${key}" should be a token's number, or a list of such.`, {
      action: 'Correct the file, or download the model again.',
    });
  };
  const inConfig = read(configName, config);
  const generated = read('generation_config.json', generation);
  const isRepeated = generation._from_model_config === true && generated.join() === inConfig.join();
  const means = Object.hasOwn(config, key) ? [] : toList(defaults[which]);
  return [
    ...(isRepeated ? [] : [{ source: 'generation_config.json', tokens: generated }]),
    { source: tokenizer.path, tokens: toList(tokenizer[which]) },
    { source: configName, tokens: inConfig },
    { source: 'the architecture', tokens: means },
  ];
}

function areExpected({ looksOnlyAt, defaults }: EndSources, bosToken: number, eosTokens: readonly number[]) {
  const [bos, eos] = (['bos', 'eos'] as const).map((which) => {
    const key = `${which}_token_id`;
    return toList(Object.hasOwn(looksOnlyAt, key) ? looksOnlyAt[key] : defaults[which]);
  });
  return (bos![0] ?? eos![0]) === bosToken && eos!.join() === eosTokens.join();
}

const toList = (value: unknown): readonly unknown[] => [value ?? []].flat().filter((one) => one !== null);

const isToken = (token: unknown, vocabularySize: number): token is number =>
  Number.isSafeInteger(token) && Number(token) >= 0 && Number(token) < vocabularySize;
