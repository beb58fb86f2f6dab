// A decoder on an NVIDIA card that reads whole texts: its weights, and everything between tokens and what is kept of
// those that are wanted. Nothing as wide as the vocabulary leaves the card.

import type { DecoderModel } from '../decoder/decoder-model.ts';
import { type DrawingRule, hasDrawn } from '../forms/map/drawing-rule.ts';
import type { Measured } from '../forms/map/measured.ts';
import type { CudaDriver } from './cuda-driver.ts';
import { HEAD_ROWS, logitStride, readingMacros } from './kernel-sizes.ts';
import { layTexts, positionsOf, type TextRow } from './lay-texts.ts';
import { openOnCard } from './open-on-card.ts';
import {
  allocateTextBuffers,
  type Filled,
  type TextBuffers,
  type TextOperations,
  textOperations,
} from './text-operations.ts';

/** The size of every run, whatever is in it. */
export interface ReadingSize {
  /** Tokens of a stream. */
  readonly nRows: number;
  /** Those of the longest text in it. */
  readonly longest: number;
}

export class TextDecoder {
  readonly driver: CudaDriver;
  readonly buffers: TextBuffers;
  readonly operations: TextOperations;
  readonly size: ReadingSize;
  readonly #filled: Filled = { nTiles: 0 };
  readonly #rule: DrawingRule;

  /** Throws an EnvironmentError for what the device lacks, and a UserError for what the kernels cannot compute. */
  constructor(model: DecoderModel, rule: DrawingRule, size: ReadingSize, deviceId: number) {
    const { config: spec, weights } = model;
    const macros = readingMacros(spec, rule);
    const card = openOnCard(model, 'texts', macros, size.longest, deviceId);
    const { driver } = card;
    this.driver = driver;
    this.size = size;
    this.#rule = rule;
    this.buffers = allocateTextBuffers((n) => driver.allocate(n), size.nRows, logitStride(spec));
    const device = { ...card, spec, weights, nRows: size.nRows, nPositions: size.longest };
    this.operations = textOperations(device, this.buffers, this.#filled);
  }

  /** Lays the texts in the card's memory; gives how many tokens are wanted. */
  fill(rows: readonly TextRow[]): number {
    const { driver, buffers, size } = this;
    const longest = rows.reduce((most, row) => Math.max(most, positionsOf(row)), 0);
    if (longest > size.longest) throw new RangeError(`${longest} positions do not fit ${size.longest}`);
    const { tokens, positions, tiles, places, targets } = layTexts(rows);
    if (tokens.length > size.nRows) throw new RangeError(`${tokens.length} tokens do not fit ${size.nRows}`);
    // What is behind the texts are tokens of no text, which nobody reads.
    driver.upload(buffers.token, filledUp(tokens, size.nRows));
    driver.upload(buffers.position, filledUp(positions, size.nRows));
    driver.upload(buffers.tiles, tiles);
    const nWanted = Math.ceil(places.length / HEAD_ROWS) * HEAD_ROWS;
    driver.upload(buffers.places, filledUp(places, nWanted));
    driver.upload(buffers.targets, filledUp(targets, nWanted));
    this.#filled.nTiles = tiles.length / 3;
    return places.length;
  }

  read(rows: readonly TextRow[]): Measured {
    const { driver, buffers, operations } = this;
    const nWanted = this.fill(rows);
    for (const { ask } of operations.layers) ask();
    for (let part = 0; part * HEAD_ROWS < nWanted; part++)
      for (const { ask } of operations.heads[part]!) ask();
    const plain = new Float32Array(nWanted);
    const best = new Int32Array(nWanted);
    driver.download(plain, buffers.plain);
    driver.download(best, buffers.best);
    if (!hasDrawn(this.#rule)) return { plain, best: Uint8Array.from(best) };
    const drawn = new Float32Array(nWanted);
    driver.download(drawn, buffers.drawn);
    return { plain, best: Uint8Array.from(best), drawn };
  }
}

function filledUp(values: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const all = new Int32Array(length);
  all.set(values);
  return all;
}
