// Measures texts in a thread while its owner does other work without a pause, and has no need of it: what the thread has not
// come to is measured by whoever asks, so that nothing is waited for.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type SharedTexts, sharedText } from '../formats/published/shared-texts.ts';
import { programUrl } from '../program-url.ts';
import { measureText, type TextMeasure } from './measure-text.ts';

/** For fewer bytes a thread takes longer to start than they do. */
const LEAST_BYTES = 1 << 20;

const workerUrl = programUrl('./measure-ahead-worker.ts', import.meta.url);

/** States of a text; `DONE` and `DONE_LOOP` are set behind its size. */
const OPEN = 0;
const TAKEN = 1;
const DONE = 2;
const DONE_LOOP = 3;

/** What both threads see. */
export interface Measures {
  readonly texts: SharedTexts;
  readonly states: Int32Array<SharedArrayBuffer>;
  readonly zlibBytes: Uint32Array<SharedArrayBuffer>;
}

/** Returns what measures the text at an index. */
export function measureAhead(texts: SharedTexts): (index: number) => TextMeasure {
  const n = texts.ends.length;
  const states = new Int32Array(new SharedArrayBuffer(4 * n));
  const measures: Measures = { texts, states, zlibBytes: new Uint32Array(new SharedArrayBuffer(4 * n)) };
  if (texts.bytes.byteLength >= LEAST_BYTES && availableParallelism() > 1) {
    const worker = new Worker(workerUrl, { workerData: measures });
    worker.unref();
    // What it fails at fails here, too, and is told then.
    worker.on('error', () => {});
  }
  return (index) => measured(measures, index) ?? measureText(sharedText(texts, index));
}

/** Undefined where the thread has not measured it, and will not from now on, unless it just does. */
function measured({ states, zlibBytes }: Measures, index: number): TextMeasure | undefined {
  const state = Atomics.compareExchange(states, index, OPEN, TAKEN);
  if (state < DONE) return undefined;
  return { zlibBytes: zlibBytes[index]!, isLoop: state === DONE_LOOP };
}

/** What the thread does. */
export function measureAll({ texts, states, zlibBytes }: Measures): void {
  for (let index = 0; index < states.length; index++) {
    if (Atomics.compareExchange(states, index, OPEN, TAKEN) !== OPEN) continue;
    const measure = measureText(sharedText(texts, index));
    zlibBytes[index] = measure.zlibBytes;
    Atomics.store(states, index, measure.isLoop ? DONE_LOOP : DONE);
  }
}
