// What a prompt's folder is named after, by its hash.

import type { PromptText } from '../../../protocol/study.ts';

export const promptKey = (prompt: PromptText): string =>
  typeof prompt === 'string' ? prompt : JSON.stringify(prompt);
