// For terminals, and for logs of builds, which draw what programs print: escape sequences move the cursor, rename the
// window, write the clipboard and make links.

import type { Encodable } from './foreign.ts';
import { visible } from './visible.ts';

/** One line. */
export const forTerminal = (text: Encodable): string => visible(text);

/** Lines and columns stay: for text that is a page by itself. */
export const forTerminalPage = (text: Encodable): string => visible(text, '\n\t');
