// Numbers the distinct lines of the samples in order of first appearance, so that everything after it speaks
// of lines as numbers: equal lines, equal numbers. The same samples always get the same numbers, which is
// why a shard's partial result can be stored and merged later.

import type { MatchRule } from '../../protocol/study.ts';
import type { SampleInput } from './detection.ts';
import { normaliseLine } from './normalise-line.ts';

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
export function indexSamples(
  samples: readonly SampleInput[],
  rule: MatchRule,
  hashMask = 0xffffffff,
): SampleIndex {
  let mostLines = 0;
  let mostBytes = 0;
  for (const { text } of samples) {
    mostLines += countLines(text);
    mostBytes += text.length;
  }
  const nPositions = mostLines + samples.length;
  const numbers = newNumbering(mostLines, rule.profile === 'exact-1' ? mostBytes : 2 * mostBytes, hashMask);
  const sequence = new Uint32Array(nPositions);
  const sampleStarts = new Uint32Array(samples.length + 1);
  const rawLines = new Uint32Array(nPositions);
  const starts = new Uint32Array(nPositions);
  const ends = new Uint32Array(nPositions);
  let at = 0;
  for (const [i, { text }] of samples.entries()) {
    sampleStarts[i] = at;
    forEachRawLine(text, (start, end, rawLine) => {
      const id = numberLine(numbers, rule, text, start, end);
      if (id < 0) return;
      sequence[at] = id;
      rawLines[at] = rawLine;
      starts[at] = start;
      ends[at++] = end;
    });
    sequence[at++] = EDGE;
  }
  sampleStarts[samples.length] = at;
  return {
    nLines: numbers.nLines,
    lineBytes: numbers.bytes,
    lineStarts: numbers.starts.subarray(0, numbers.nLines + 1),
    sequence: sequence.subarray(0, at),
    sampleStarts,
    rawLines,
    starts,
    ends,
  };
}

const LF = 0x0a;
const CR = 0x0d;

/** Lines end at LF, CRLF or CR. What follows the last terminator is a line too. */
function forEachRawLine(
  text: Uint8Array,
  visit: (start: number, end: number, rawLine: number) => void,
): void {
  let start = 0;
  let rawLine = 1;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i]!;
    if (byte !== LF && byte !== CR) continue;
    visit(start, i, rawLine++);
    if (byte === CR && text[i + 1] === LF) i++;
    start = i + 1;
  }
  visit(start, text.length, rawLine);
}

/** At least as many as there are. */
function countLines(text: Uint8Array): number {
  let n = 1;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i]!;
    if (byte === LF || byte === CR) n++;
  }
  return n;
}

interface Numbering {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  /** Open addressing: id + 1. */
  readonly slots: Uint32Array;
  readonly hashMask: number;
  nLines: number;
}

function newNumbering(mostLines: number, mostBytes: number, hashMask: number): Numbering {
  let nSlots = 16;
  while (nSlots < 2 * mostLines) nSlots *= 2;
  return {
    bytes: new Uint8Array(mostBytes),
    starts: new Uint32Array(mostLines + 1),
    slots: new Uint32Array(nSlots),
    hashMask,
    nLines: 0,
  };
}

/** The number of the line text[start, end); -1 when it does not count. */
function numberLine(n: Numbering, rule: MatchRule, text: Uint8Array, start: number, end: number): number {
  const { bytes, starts, slots } = n;
  const from = starts[n.nLines]!;
  // Written behind the lines that are known; it stays there if it is new.
  const to = normaliseLine(rule.profile, text, start, end, bytes, from);
  if (to === from) return -1;
  const mask = slots.length - 1;
  let slot = hashBytes(bytes, from, to) & n.hashMask & mask;
  for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const known = slots[slot]! - 1;
    if (sameBytes(bytes, starts[known]!, starts[known + 1]!, from, to)) return known;
  }
  slots[slot] = ++n.nLines;
  starts[n.nLines] = to;
  return n.nLines - 1;
}

function sameBytes(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = 0; i < aEnd - a; i++) {
    if (bytes[a + i] !== bytes[b + i]) return false;
  }
  return true;
}

function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
