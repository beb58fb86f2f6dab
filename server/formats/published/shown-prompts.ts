// Prompts as they are written for others: as they are, or with secrets and addresses masked. A prompt may be a piece of
// training data, or of a file of somebody's.

import type { PromptText } from '../../../protocol/study.ts';
import { maskRanges } from '../../analysis/sensitive.ts';
import type { Disclosure } from '../../answers/undisclosed.ts';
import { findSensitive } from '../../sensitive/find-sensitive.ts';

/** In their order; prompts of two parts keep both. */
export async function shownPrompts(
  prompts: readonly PromptText[],
  disclosure: Disclosure,
): Promise<readonly PromptText[]> {
  if (disclosure === 'shown') return prompts;
  const parts = prompts.flatMap((prompt) =>
    typeof prompt === 'string' ? [prompt] : [prompt.prefix, prompt.suffix],
  );
  const shown: string[] = [];
  for await (const { item, ranges } of findSensitive(parts.map((text) => ({ text })))) {
    shown.push(maskRanges(item.text, ranges));
  }
  let at = 0;
  const next = () => shown[at++]!;
  return prompts.map((prompt) => (typeof prompt === 'string' ? next() : { prefix: next(), suffix: next() }));
}
