// What a rule picks from logits, written as it is defined: sort, cut, add up, compare with the noise.

import type { PickRule } from '../../server/sampling/pick/pick-token.ts';

export interface PickCase {
  readonly logits: Float32Array;
  readonly temperature: number;
  /** The noise, in [0, 1). */
  readonly uniform: number;
}

/** The tokens that a rule leaves to pick from, in the order in which their probabilities are added up. */
export function candidatesOf(
  { topK, topP, greedy }: PickRule,
  { logits, temperature }: Pick<PickCase, 'logits' | 'temperature'>,
): readonly { readonly token: number; readonly share: number }[] {
  const isWhole = topK === 0 || topK >= logits.length;
  const ids = [...logits.keys()];
  // Without a cut candidates stand in the vocabulary's own order.
  if (!isWhole || topP < 1 || greedy) ids.sort((a, b) => logits[b]! - logits[a]! || a - b);
  if (greedy) return [{ token: ids[0]!, share: 1 }];
  const candidates = isWhole ? ids : ids.slice(0, topK);
  const highest = Math.max(...logits);
  const weights = candidates.map((id) => Math.exp((logits[id]! - highest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let mass = 0;
  let nKept = 0;
  while (nKept < weights.length && (topP >= 1 || mass < topP)) mass += weights[nKept++]! / total;
  return candidates.slice(0, nKept).map((token, i) => ({ token, share: weights[i]! / total / mass }));
}

/** Tokens that may be picked: more than one only where the noise is nearer than `border` to where two of them meet. */
export function allowedPicks(rule: PickRule, asked: PickCase, border: number): Set<number> {
  const found = new Set<number>();
  let before = 0;
  for (const { token, share } of candidatesOf(rule, asked)) {
    const after = before + share;
    if (before <= asked.uniform + border && asked.uniform - border < after) found.add(token);
    before = after;
  }
  return found;
}
