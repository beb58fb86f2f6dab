// Secrets and addresses in names: of repositories, paths, licences, shards. Whoever made the training data may have put
// one there, such as an address with its password.

import { type Foreign, foreign, rawText } from '../../guard/text/foreign.ts';
import { maskRanges, type SensitiveRange } from '../analysis/sensitive.ts';
import { findSensitive } from './find-sensitive.ts';

/** The names that hold something, each with what is shown of it. */
export async function maskNames(names: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const masked = new Map<string, string>();
  for await (const { item, ranges } of findSensitive(distinct(names))) {
    const { text } = item;
    const found = ranges.filter((range) => !isOrdinaryInNames(text, range));
    if (found.length > 0) masked.set(text, maskRanges(text, found));
  }
  return masked;
}

/** Shows a name as it is shown by those that hold something. */
export const maskBy =
  (masked: ReadonlyMap<string, string>) =>
  (name: Foreign): Foreign =>
    foreign(masked.get(rawText(name)) ?? rawText(name));

function* distinct(names: Iterable<string>): Generator<{ readonly text: string }> {
  const seen = new Set<string>();
  for (const text of names) {
    if (seen.has(text)) continue;
    seen.add(text);
    yield { text };
  }
}

/** Four numbers in a name are a version, and `icon@2x.png` is a file. */
function isOrdinaryInNames(name: string, { kind, start, end }: SensitiveRange): boolean {
  return kind === 'ip-address' || (kind === 'email' && FILE_ENDING.test(name.slice(start, end)));
}

const FILE_ENDING =
  /\.(?:png|jpe?g|gif|svg|webp|ico|avif|pdf|[cm]?[jt]sx?|css|s[ac]ss|less|html?|json|ya?ml|toml|xml|txt|map|patch|diff|lock|zip|t?gz)$/i;
