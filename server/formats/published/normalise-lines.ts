// Lines as a profile sees them, for texts that come from outside: one character a byte (latin1).

import type { Profile } from '../../../protocol/study.ts';
import { normaliseLine } from '../../engine/normalise-line.ts';

/** Joined by LF; lines in which the profile leaves nothing are left out. */
export function normaliseLines(lines: readonly string[], profile: Profile): Uint8Array {
  const bytes = Buffer.from(lines.join('\n'), 'latin1');
  const out = Buffer.allocUnsafe(2 * bytes.length);
  let start = 0;
  let nBytes = 0;
  for (const { length } of lines) {
    const from = nBytes === 0 ? 0 : nBytes + 1;
    const to = normaliseLine(profile, bytes, start, start + length, out, from);
    start += length + 1;
    if (to === from) continue;
    if (from > 0) out[nBytes] = LF;
    nBytes = to;
  }
  return new Uint8Array(out.subarray(0, nBytes));
}

const LF = 0x0a;
