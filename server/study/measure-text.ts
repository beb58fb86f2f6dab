// What is measured of a text alone, whatever is memorised of it. Deflating is the slow part.

import { deflateSync } from 'node:zlib';
import { isLoop } from '../analysis/repetition.ts';

export interface TextMeasure {
  readonly zlibBytes: number;
  /** It only repeats itself. */
  readonly isLoop: boolean;
}

const SMALLEST_CHUNK = 1 << 10;
/** Node's own. */
const LARGEST_CHUNK = 1 << 14;

const decoder = new TextDecoder();
const decode = (text: Uint8Array) => decoder.decode(text);

export function measureText(text: Uint8Array): TextMeasure {
  // Code becomes a third, and what it is deflated into is garbage a moment later.
  const chunkSize = Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, text.length >>> 1));
  const zlibBytes = deflateSync(text, { level: 6, chunkSize }).length;
  return { zlibBytes, isLoop: isLoop(text, zlibBytes, decode) };
}
