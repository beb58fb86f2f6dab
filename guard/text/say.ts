// Sentences about things of others: say`${path} is no study`. Each inserted part is made visible and bounded, so that
// a name can neither break out of its sentence nor drown it. Whoever shows the sentence still encodes it.

import type { Encodable } from './foreign.ts';
import { shorten } from './shorten.ts';
import { visible } from './visible.ts';

/** Longer than the paths that systems allow in practice. */
const PART_LIMIT = 1024;

export function say(sentence: TemplateStringsArray, ...parts: readonly Encodable[]): string {
  return String.raw({ raw: sentence }, ...parts.map((part) => shorten(visible(part), PART_LIMIT)));
}
