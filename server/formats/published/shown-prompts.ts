// Prompts as they are written for others: as they are, or with secrets and addresses masked. A prompt may be a piece of
// training data, or of a file of somebody's.

import type { PromptText } from '../../../protocol/study.ts';
import type { Disclosure } from '../../answers/undisclosed.ts';
import { maskAll } from '../../sensitive/mask-all.ts';

/** In their order; prompts of two parts keep both. */
export async function shownPrompts(
  prompts: readonly PromptText[],
  disclosure: Disclosure,
): Promise<readonly PromptText[]> {
  if (disclosure === 'shown') return prompts;
  const parts = prompts.flatMap((prompt) =>
    typeof prompt === 'string' ? [prompt] : 'tokens' in prompt ? [] : [prompt.prefix, prompt.suffix],
  );
  const shown = (await maskAll(parts)).values();
  const next = () => shown.next().value!;
  return prompts.map((prompt) => {
    if (typeof prompt === 'string') return next();
    // Ids say nothing to whoever has no tokenizer.
    return 'tokens' in prompt ? prompt : { prefix: next(), suffix: next() };
  });
}
