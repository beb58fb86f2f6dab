// For command lines that a user copies and pastes into a POSIX shell (POSIX.1-2024, section 2.2.2). Between single
// quotes every character stands for itself, but a shell's line editor acts on control characters before the shell
// sees them, and what cannot be seen cannot be agreed to: such words have no quoted form.

import { type Encodable, textOf } from './foreign.ts';
import { isVisible } from './visible.ts';

/** Undefined for a word that cannot be pasted safely. */
export function forShell(word: Encodable): string | undefined {
  const text = textOf(word);
  if (!isVisible(text)) return undefined;
  return isPlain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `#` and `=` mean something to some shells where a word begins. */
const isPlain = /^[\w@%+:,./-][\w@%+=:,./#-]*$/;

/** An operand that no option parser takes for an option. */
export const asOperand = (path: string): string => (path.startsWith('-') ? `./${path}` : path);
