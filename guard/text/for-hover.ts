// For Markdown that VS Code draws in hovers: a code span, inside of which nothing is markup and no address becomes a
// link. The MarkdownString that takes it must be neither trusted nor support HTML.

import { codeSpan } from './code-span.ts';
import type { Encodable } from './foreign.ts';
import { visible } from './visible.ts';

/** Empty for an empty text: an empty code span would open one that ends somewhere in what follows. */
export const forHover = (text: Encodable): string => codeSpan(visible(text));
