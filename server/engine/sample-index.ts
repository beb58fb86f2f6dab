// Numbers the distinct lines of the samples in order of first appearance, so that everything after it speaks
// of lines as numbers: equal lines, equal numbers. The same samples always get the same numbers, which is
// why a shard's partial result can be stored and merged later.

import type { MatchRule, Profile } from '../../protocol/study.ts';
import type { SampleInput } from './detection.ts';
import { normaliseLine } from './normalise-line.ts';
import { finish, type Steps } from './steps.ts';

/** Stands in the sequence where a sample ends. No line has this number. */
export const EDGE = 0xffffffff;

export interface SampleIndex {
  /** Distinct lines: normalised bytes of line `id` are lineBytes[lineStarts[id], lineStarts[id + 1]). */
  readonly nLines: number;
  readonly lineBytes: Uint8Array;
  readonly lineStarts: Uint32Array;
  /** Line numbers of all samples, one after the other, an EDGE after each. A place in it is a position. */
  readonly sequence: Uint32Array;
  /** First position of each sample; one more entry for the end. */
  readonly sampleStarts: Uint32Array;
  /** Per position: 1-based raw line, and that line's bytes in the sample's text. */
  readonly rawLines: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** `hashMask` weakens the hash: a test shows that collisions cannot change the numbers. */
export const indexSamples = (
  samples: readonly SampleInput[],
  rule: MatchRule,
  hashMask = 0xffffffff,
): SampleIndex => finish(indexInSteps(samples, rule, hashMask));

/** Bytes of samples in one step: some 50 ms. */
const STEP_BYTES = 4 << 20;

export function* indexInSteps(
  samples: readonly SampleInput[],
  { profile }: MatchRule,
  hashMask = 0xffffffff,
): Steps<SampleIndex> {
  let mostLines = 0;
  let mostBytes = 0;
  for (const { text } of samples) {
    mostLines += countLines(viewBytes(text));
    mostBytes += text.length;
  }
  yield;
  const nPositions = mostLines + samples.length;
  const numbers = newNumbering(mostLines, profile === 'exact-1' ? mostBytes : 2 * mostBytes, hashMask);
  const found: Positions = {
    sequence: new Uint32Array(nPositions),
    rawLines: new Uint32Array(nPositions),
    starts: new Uint32Array(nPositions),
    ends: new Uint32Array(nPositions),
  };
  const sampleStarts = new Uint32Array(samples.length + 1);
  let at = 0;
  let nBytes = 0;
  for (const [i, { text }] of samples.entries()) {
    sampleStarts[i] = at;
    at = numberSample(numbers, profile, text, found, at);
    nBytes += text.length;
    if (nBytes < STEP_BYTES) continue;
    nBytes = 0;
    yield;
  }
  sampleStarts[samples.length] = at;
  release(numbers.slots);
  release(numbers.hashes);
  return {
    nLines: numbers.nLines,
    lineBytes: numbers.lines.bytes,
    lineStarts: numbers.starts.subarray(0, numbers.nLines + 1),
    ...found,
    sequence: found.sequence.subarray(0, at),
    sampleStarts,
  };
}

type Positions = Pick<SampleIndex, 'sequence' | 'rawLines' | 'starts' | 'ends'>;

/** Writes a sample's lines and its edge from position `first` on; returns the position behind them. */
function numberSample(
  numbers: Numbering,
  profile: Profile,
  text: Uint8Array,
  { sequence, rawLines, starts, ends }: Positions,
  first: number,
): number {
  const source = viewBytes(text);
  let at = first;
  let start = 0;
  let rawLine = 0;
  while (start <= text.length) {
    const end = lineEnd(source, start);
    rawLine++;
    const id = numberLine(numbers, profile, source, start, end);
    if (id >= 0) {
      sequence[at] = id;
      rawLines[at] = rawLine;
      starts[at] = start;
      ends[at++] = end;
    }
    // What follows the last terminator is a line too.
    start = end + (text[end] === CR && text[end + 1] === LF ? 2 : 1);
  }
  sequence[at] = EDGE;
  return at + 1;
}

/** Gives an index's memory back at once: it is too large to wait for the collector. Not to be used after. */
export function releaseIndex(index: SampleIndex): void {
  const { lineBytes, lineStarts, sequence, sampleStarts, rawLines, starts, ends } = index;
  for (const array of [lineBytes, lineStarts, sequence, sampleStarts, rawLines, starts, ends]) release(array);
}

/** Gives back the memory of one array at once. */
export function release({ buffer }: { readonly buffer: ArrayBufferLike }): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

const LF = 0x0a;
const CR = 0x0d;

/** Lines end at LF, CRLF or CR. Looked for in four bytes at a time: text has far more of others. */
function lineEnd({ bytes, view }: Source, start: number): number {
  const { length } = bytes;
  let at = start;
  while (at + 4 <= length) {
    const word = view.getInt32(at, true);
    if ((hasZeroByte(word ^ 0x0a0a0a0a) | hasZeroByte(word ^ 0x0d0d0d0d)) !== 0) break;
    at += 4;
  }
  for (; at < length; at++) {
    const byte = bytes[at]!;
    if (byte === LF || byte === CR) break;
  }
  return at;
}

/** Not 0 if one of a word's bytes is 0 (H. S. Warren, "Hacker's Delight", 2nd edition, section 6-1). */
const hasZeroByte = (word: number) => (word - 0x01010101) & ~word & 0x80808080;

/** At least as many as there are. */
function countLines(source: Source): number {
  let n = 1;
  for (let at = lineEnd(source, 0); at < source.bytes.length; at = lineEnd(source, at + 1)) n++;
  return n;
}

/** Bytes that can also be read four at a time. */
interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const viewBytes = (bytes: Uint8Array): Source => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

interface Numbering {
  /** The distinct lines, one after the other. */
  readonly lines: Source;
  readonly starts: Uint32Array;
  /** Open addressing: id + 1. */
  readonly slots: Uint32Array;
  readonly hashes: Uint32Array;
  readonly hashMask: number;
  nLines: number;
}

function newNumbering(mostLines: number, mostBytes: number, hashMask: number): Numbering {
  let nSlots = 16;
  while (nSlots < 2 * mostLines) nSlots *= 2;
  return {
    lines: viewBytes(new Uint8Array(mostBytes)),
    starts: new Uint32Array(mostLines + 1),
    slots: new Uint32Array(nSlots),
    hashes: new Uint32Array(mostLines),
    hashMask,
    nLines: 0,
  };
}

/** The number of the line text[start, end); -1 when it does not count. */
function numberLine(n: Numbering, profile: Profile, text: Source, start: number, end: number): number {
  if (profile === 'exact-1') {
    let first = start;
    let last = end;
    while (first < last && text.bytes[first]! <= 0x20) first++;
    while (last > first && text.bytes[last - 1]! <= 0x20) last--;
    return first === last ? -1 : findOrAddLine(n, text, first, last);
  }
  // Written behind the lines that are known; it stays there if it is new.
  const from = n.starts[n.nLines]!;
  const to = normaliseLine(profile, text.bytes, start, end, n.lines.bytes, from);
  return to === from ? -1 : findOrAddLine(n, n.lines, from, to);
}

function findOrAddLine(n: Numbering, source: Source, from: number, to: number): number {
  const { lines, starts, slots, hashes } = n;
  const mask = slots.length - 1;
  const hash = (hashBytes(source.view, from, to) & n.hashMask) >>> 0;
  let slot = hash & mask;
  for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const known = slots[slot]! - 1;
    if (hashes[known] === hash && sameBytes(lines, starts[known]!, starts[known + 1]!, source, from, to)) {
      return known;
    }
  }
  const start = starts[n.nLines]!;
  copyBytes(source, from, to, lines, start);
  hashes[n.nLines] = hash;
  slots[slot] = ++n.nLines;
  starts[n.nLines] = start + to - from;
  return n.nLines - 1;
}

function sameBytes(a: Source, atA: number, endA: number, b: Source, atB: number, endB: number): boolean {
  if (endA - atA !== endB - atB) return false;
  let i = atA;
  let j = atB;
  for (; i + 4 <= endA; i += 4, j += 4) {
    if (a.view.getUint32(i, true) !== b.view.getUint32(j, true)) return false;
  }
  for (; i < endA; i++, j++) {
    if (a.bytes[i] !== b.bytes[j]) return false;
  }
  return true;
}

/** Within one buffer, only to a place before. */
function copyBytes(source: Source, from: number, to: number, target: Source, start: number): void {
  let i = from;
  let at = start;
  for (; i + 4 <= to; i += 4, at += 4) target.view.setInt32(at, source.view.getInt32(i, true), true);
  for (; i < to; i++) target.bytes[at++] = source.bytes[i]!;
}

function hashBytes(view: DataView, from: number, to: number): number {
  let hash = to - from;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    hash = Math.imul(hash ^ view.getUint32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < to; i++) hash = Math.imul(hash ^ view.getUint8(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
