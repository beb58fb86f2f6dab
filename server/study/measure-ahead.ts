// Measures texts in a thread while its owner does other work without a pause, and has no need of it: what the thread has not
// come to is measured by whoever asks, so that nothing is waited for.

import { type SharedTexts, sharedText } from '../formats/published/shared-texts.ts';
import { measureText, type TextMeasure } from './measure-text.ts';

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

/** None is there yet. */
export function openMeasures(texts: SharedTexts): Measures {
  const n = texts.length;
  const shared = () => new SharedArrayBuffer(4 * n);
  return { texts, states: new Int32Array(shared()), zlibBytes: new Uint32Array(shared()) };
}

/** The measure of the text at an index. */
export const measureOf = (measures: Measures, index: number): TextMeasure =>
  measured(measures, index) ?? measureText(sharedText(measures.texts, index));

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
