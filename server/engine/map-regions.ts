// Joins windows that touch into regions: pieces of text that could be drawn out as a whole.

import type { Profile } from '../../protocol/study.ts';
import { lineAt, lineBeginnings } from './line-numbers.ts';
import type { KeptWindow, MappedRegion } from './mapped-shard.ts';
import { Md5 } from './md5.ts';
import { normaliseLine } from './normalise-line.ts';

/** `windows` are in order of their place; those with less than `leastLogp` belong to no region. */
export function joinRegions(
  text: Uint8Array,
  windows: readonly KeptWindow[],
  leastLogp: number,
  profile: Profile,
): readonly Omit<MappedRegion, 'before' | 'after'>[] {
  const spans: { start: number; end: number; nWindows: number; bestLogp: number }[] = [];
  for (const { byteOffset, nBytes, logp } of windows) {
    if (logp < leastLogp || nBytes === 0) continue;
    const last = spans.at(-1);
    const end = byteOffset + nBytes;
    if (last !== undefined && byteOffset <= last.end) {
      last.end = Math.max(last.end, end);
      last.nWindows++;
      last.bestLogp = Math.max(last.bestLogp, logp);
    } else {
      spans.push({ start: byteOffset, end, nWindows: 1, bestLogp: logp });
    }
  }
  if (spans.length === 0) return [];
  const beginnings = lineBeginnings(text);
  return spans.map(({ start, end, nWindows, bestLogp }) => ({
    byteOffset: start,
    text: text.slice(start, end),
    firstLine: lineAt(beginnings, start),
    lastLine: lineAt(beginnings, end - 1),
    nWindows,
    bestLogp,
    fingerprint: fingerprintOf(text.subarray(start, end), profile),
  }));
}

/** MD5 of the lines as the profile sees them, joined by LF: a fragment of the same text has the same. */
function fingerprintOf(text: Uint8Array, profile: Profile): string {
  const beginnings = lineBeginnings(text);
  const digest = new Md5();
  const out = new Uint8Array(2 * text.length);
  let nLines = 0;
  for (const [line, start] of beginnings.entries()) {
    const end = normaliseLine(profile, text, start, beginnings[line + 1] ?? text.length, out, 0);
    if (end === 0) continue;
    if (nLines++ > 0) digest.update(SEPARATOR);
    digest.update(out.subarray(0, end));
  }
  return digest.digest();
}

const SEPARATOR = Uint8Array.of(0x0a);
