// Tokens around the two ends of a gap, for models that were taught to fill it: prefix and suffix go before, and what is sampled is the
// middle (M. Bavarian et al., "Efficient Training of Language Models to Fill in the Middle", 2022).

import { UserError } from '../../errors.ts';
import { idOfToken } from './frame.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

export interface FillIn {
  /** A prompt in order: token ids, and where the two ends stand. */
  readonly prompt: readonly (number | 'prefix' | 'suffix')[];
  /** Token ids that end a middle, beside those that end any text. */
  readonly ends: readonly number[];
}

interface Format {
  /** Words with a space between; `PREFIX` and `SUFFIX` stand for the ends. */
  readonly prompt: string;
  /** Those of these that the tokenizer has. */
  readonly ends?: readonly string[];
}

/** The formats by whom they were first used. */
const FORMATS: Readonly<Record<string, Format>> = {
  'StarCoder, Granite': { prompt: '<fim_prefix> PREFIX <fim_suffix> SUFFIX <fim_middle>' },
  SantaCoder: { prompt: '<fim-prefix> PREFIX <fim-suffix> SUFFIX <fim-middle>' },
  'Qwen, CodeGemma': {
    prompt: '<|fim_prefix|> PREFIX <|fim_suffix|> SUFFIX <|fim_middle|>',
    ends: ['<|fim_pad|>', '<|file_sep|>', '<|repo_name|>', '<|file_separator|>'],
  },
  DeepSeek: { prompt: '<｜fim▁begin｜> PREFIX <｜fim▁hole｜> SUFFIX <｜fim▁end｜>' },
  'Code Llama': { prompt: '▁<PRE> PREFIX ▁<SUF> SUFFIX ▁<MID>', ends: ['▁<EOT>'] },
  InCoder: { prompt: 'PREFIX <|mask:0|> SUFFIX <|mask:1|> <|mask:0|>', ends: ['<|endofmask|>'] },
  'Seed-Coder': { prompt: '<[fim-suffix]> SUFFIX <[fim-prefix]> PREFIX <[fim-middle]>' },
  Codestral: { prompt: '[SUFFIX] SUFFIX [PREFIX] PREFIX' },
};

/** Throws a UserError for a tokenizer without such tokens. */
export function findFillIn({ path, json }: TokenizerFile): FillIn {
  for (const { prompt, ends = [] } of Object.values(FORMATS)) {
    const parts = prompt.split(' ').map((word) => {
      if (word === 'PREFIX') return 'prefix';
      return word === 'SUFFIX' ? 'suffix' : idOfToken(json, word);
    });
    if (parts.every((part) => part !== null)) {
      return { prompt: parts, ends: ends.flatMap((name) => idOfToken(json, name) ?? []) };
    }
  }
  const known = Object.entries(FORMATS).map(([who, { prompt }]) => `${who}: ${prompt}`);
  throw new UserError(`${path} has no tokens for filling a gap, and there are prompts with a suffix.`, {
    action: `Give prompts without "suffix", or choose a model whose tokenizer has them (${known.join('; ')}).`,
  });
}
