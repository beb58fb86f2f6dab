// Which tokenizers use no expression but those of the models that people share: each of them takes time in proportion to
// its text. Knows the names of the library's parts, and nothing of what they do beyond that.

import type { TokenizerJson } from './check-tokenizer.ts';

export const isHarmless = ({ normalizer, pre_tokenizer, added_tokens: added = [] }: TokenizerJson): boolean =>
  isPart(normalizer, NORMALIZERS) &&
  isPart(pre_tokenizer, PRE_TOKENIZERS) &&
  (added?.length ?? 0) < MOST_ADDED;

/** Those that leave a text about as long as it is. */
const NORMALIZERS = new Set(['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Strip']);
const PRE_TOKENIZERS = new Set(['ByteLevel', 'Digits', 'Metaspace', 'Whitespace', 'WhitespaceSplit']);
const MOST_PARTS = 20;
const MOST_ADDED = 100_000;

function isPart(part: unknown, known: ReadonlySet<string>): boolean {
  if (part === null || part === undefined) return true;
  const { type, pattern, ...rest } = part as Readonly<Record<string, unknown>> & {
    readonly pattern?: { readonly Regex?: unknown; readonly String?: unknown };
  };
  if (type === 'Prepend') return rest.prepend === undefined || String(rest.prepend).length <= 1;
  if (type === 'Replace') return isOneForOne(pattern, rest.content);
  if (type === 'Split') return typeof pattern?.Regex === 'string' && SPLITS.has(pattern.Regex);
  if (type !== 'Sequence') return typeof type === 'string' && known.has(type);
  const { normalizers, pretokenizers } = rest;
  const parts = normalizers ?? pretokenizers;
  if (!Array.isArray(parts) || parts.length > MOST_PARTS) return false;
  return parts.every((one) => (one as { type?: unknown })?.type !== 'Sequence' && isPart(one, known));
}

/** A text for another one that is no longer, or a space for `▁`. */
function isOneForOne(pattern: { readonly String?: unknown } | undefined, content: unknown): boolean {
  const { String: from } = pattern ?? {};
  return (
    typeof from === 'string' && typeof content === 'string' && from !== '' && content.length <= from.length
  );
}

/** GPT-2's, GPT-4's as it is written in files, and what the families of Llama, Qwen and DeepSeek made of them. */
const SPLITS: ReadonlySet<string> = new Set([
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
  '[\r\n]',
  String.raw`[\r\n]`,
  String.raw`\s?\p{L}+`,
  String.raw`\s?\p{P}+`,
  '[一-龥ࠀ-一가-퟿]+',
  String.raw`\p{N}`,
  String.raw`\p{N}{1,3}`,
]);
