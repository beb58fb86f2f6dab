// What a prompt's folder is named after, by its hash.

import { createHash } from 'node:crypto';
import type { PromptText } from '../../../protocol/study.ts';

export const promptKey = (prompt: PromptText): string =>
  typeof prompt === 'string' ? prompt : JSON.stringify(prompt);

export const keyOf = (prompt: PromptText): string =>
  createHash('sha1').update(promptKey(prompt)).digest('hex');
