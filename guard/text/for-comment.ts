// For a line of a comment in source code of any language: nothing in it ends the comment.

import type { Encodable } from './foreign.ts';
import { visible } from './visible.ts';

/** What ends a comment, or the code that it stands in, in one language or another: two characters. */
const ENDS = /(\*|-|\?|%|#|\]|\}|\))(?=[/>\-}\])])/g;

/** One line; a space breaks up what would end a comment. A name that ends in a backslash must not stand last. */
export const forComment = (text: Encodable): string => visible(text).replace(ENDS, '$1 ');
