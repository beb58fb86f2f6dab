// For logs that people and programs read by the line: no text of others can begin one that looks like an entry.

import type { Encodable } from './foreign.ts';
import { visible } from './visible.ts';

/** What comes after the first line, such as a stack, is set in. */
export const forLog = (text: Encodable): string => visible(text, '\n\t').replaceAll('\n', '\n    ');
