// Tokens around the two ends of a gap, for models that were taught to fill it: prefix and suffix go before, and what is sampled is the
// middle (M. Bavarian et al., "Efficient Training of Language Models to Fill in the Middle", 2022).

import { UserError } from '../../errors.ts';
import { idOfToken } from './frame.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** Token ids, each before its part; the middle is what follows the last. */
export interface FillInTokens {
  readonly prefix: number;
  readonly suffix: number;
  readonly middle: number;
}

/** Names by whom they were first used: StarCoder, SantaCoder, Qwen and CodeGemma, DeepSeek, Code Llama. */
const NAMES: readonly (readonly [prefix: string, suffix: string, middle: string])[] = [
  ['<fim_prefix>', '<fim_suffix>', '<fim_middle>'],
  ['<fim-prefix>', '<fim-suffix>', '<fim-middle>'],
  ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'],
  ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>'],
  ['▁<PRE>', '▁<SUF>', '▁<MID>'],
];

/** Throws a UserError for a tokenizer without such tokens. */
export function findFillInTokens({ path, json }: TokenizerFile): FillInTokens {
  for (const names of NAMES) {
    const [prefix = null, suffix = null, middle = null] = names.map((name) => idOfToken(json, name));
    if (prefix !== null && suffix !== null && middle !== null) return { prefix, suffix, middle };
  }
  const known = NAMES.map((names) => names.join(' ')).join('; ');
  throw new UserError(`${path} has no tokens for filling a gap, and there are prompts with a suffix.`, {
    action: `Give prompts without "suffix", or choose a model whose tokenizer has them (${known}).`,
  });
}
