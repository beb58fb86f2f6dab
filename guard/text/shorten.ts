// Long text of others cut to what fits into a sentence.

import { type Encodable, textOf } from './foreign.ts';

/** At most `limit` UTF-16 units, the last of them an ellipsis where something was cut off; no character is halved. */
export function shorten(text: Encodable, limit: number): string {
  const whole = textOf(text);
  if (whole.length <= limit) return whole;
  const end = whole.codePointAt(limit - 2)! > 0xffff ? limit - 2 : limit - 1;
  return `${whole.slice(0, end)}…`;
}
