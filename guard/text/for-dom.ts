// For text nodes and attributes that the browser's own functions set: nothing is markup there, and only what hides
// must be shown.

import type { Encodable } from './foreign.ts';
import { visible } from './visible.ts';

export const forDom = (text: Encodable): string => visible(text, '\n\t');
