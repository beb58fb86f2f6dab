// Lines as a profile sees them, for texts that come from outside: one character a byte (latin1).

import type { Profile } from '../../../protocol/study.ts';
import { normaliseLine } from '../../engine/normalise-line.ts';

/** Joined by LF; lines in which the profile leaves nothing are left out. */
export function normaliseLines(lines: readonly string[], profile: Profile): Uint8Array {
  const kept = lines.flatMap((line) => {
    const bytes = Buffer.from(line, 'latin1');
    const out = Buffer.alloc(2 * bytes.length);
    const end = normaliseLine(profile, bytes, 0, bytes.length, out, 0);
    return end === 0 ? [] : [out.subarray(0, end)];
  });
  return Buffer.concat(kept.flatMap((line, i) => (i === 0 ? [line] : [LF, line])));
}

const LF = Buffer.from('\n');
