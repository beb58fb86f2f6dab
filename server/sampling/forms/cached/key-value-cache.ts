// Keys and values of all positions so far, one batch's worth, between two runs of the generation loop: the
// three parts that cached-attention.ts describes. It is most of the memory that sampling takes, and memory that the
// system hands out anew costs more than what is written into it: so all of it is claimed once, and used again.

import { Tensor } from 'onnxruntime-node';
import { type DecoderSpec, keyWidth } from '../../decoder/decoder-spec.ts';
import { BLOCK_POSITIONS, type CacheRole, cacheName, SEGMENT_POSITIONS } from './cached-attention.ts';

type Floats = Float32Array<ArrayBuffer>;

/** One layer's keys or values. */
interface CachePart {
  readonly layer: number;
  readonly part: 'key' | 'value';
  /**
   * All blocks, and behind them the open one, which grows where it will lie when it is whole. There is room for all positions
   * from the start: pages that were never written take no memory.
   */
  readonly blocks: Floats;
  /** The segment in the making, [rows, key heads, positions, head width], as the runtime returned it. */
  recent: Floats;
}

export class KeyValueCache {
  readonly #nKeyHeads: number;
  readonly #headWidth: number;
  /** Values that a position takes in a part. */
  readonly #width: number;
  readonly #parts: readonly CachePart[];
  /** Room in a part's blocks. */
  readonly #nValues: number;
  /** One head's open block, while it is turned. */
  readonly #scratch: Floats;
  #nRows = 0;
  #nBlocks = 0;
  #nOpen = 0;
  #nRecent = 0;

  /** `nPositions` is the most that will ever be appended. */
  constructor(config: DecoderSpec, nRows: number, nPositions: number) {
    this.#nKeyHeads = config.attention.nKeyHeads;
    this.#headWidth = config.attention.headWidth;
    this.#width = keyWidth(config.attention);
    this.#nValues = this.#valuesClosed(nRows, nPositions);
    this.#scratch = new Float32Array(this.#headWidth * BLOCK_POSITIONS);
    this.#parts = Array.from({ length: 2 * config.nLayers }, (_, i) => ({
      layer: i >> 1,
      part: i % 2 === 0 ? 'key' : 'value',
      blocks: new Float32Array(this.#nValues),
      recent: new Float32Array(0),
    }));
    this.clear(nRows);
  }

  /** Whether a batch goes into the memory that is there, and needs a good part of it. */
  suits(nRows: number, nPositions: number): boolean {
    const needed = this.#valuesClosed(nRows, nPositions);
    return needed <= this.#nValues && needed >= 0.5 * this.#nValues;
  }

  /** Forgets everything, for a batch of `nRows`. */
  clear(nRows: number): void {
    this.#nRows = nRows;
    this.#nBlocks = 0;
    this.#nOpen = 0;
    this.#nRecent = 0;
    for (const part of this.#parts) {
      release(part.recent);
      part.recent = new Float32Array(0);
    }
  }

  /** Gives the memory back. Nothing can be done with the cache afterwards. */
  release(): void {
    for (const { blocks, recent } of this.#parts) {
      release(blocks);
      release(recent);
    }
  }

  /** Positions until the segment in the making is whole: no run may cross that. */
  get nToBoundary(): number {
    return SEGMENT_POSITIONS - this.#nRecent;
  }

  inputs(): Record<string, Tensor> {
    const nHeads = this.#nKeyHeads;
    const headWidth = this.#headWidth;
    const inputs: Record<string, Tensor> = {};
    for (const { layer, part, blocks, recent } of this.#parts) {
      const add = (role: CacheRole, data: Floats, shape: readonly number[]) => {
        const nValues = shape.reduce((product, size) => product * size, 1);
        inputs[cacheName(role, layer, part)] = new Tensor('float32', data.subarray(0, nValues), shape);
      };
      const inside = part === 'key' ? [headWidth, BLOCK_POSITIONS] : [BLOCK_POSITIONS, headWidth];
      add('blocks', blocks, [this.#nBlocks, this.#nRows, nHeads, ...inside]);
      add('open', this.#openOf(blocks), [this.#nRows, nHeads, this.#nOpen, headWidth]);
      add('recent', recent, [this.#nRows, nHeads, this.#nRecent, headWidth]);
    }
    return inputs;
  }

  /** Takes over what a run of `nMade` steps made. */
  advance(nMade: number, outputs: Readonly<Record<string, Tensor>>): void {
    for (const part of this.#parts) {
      release(part.recent);
      part.recent = outputs[cacheName('made', part.layer, part.part)]!.data as Floats;
    }
    this.#nRecent += nMade;
  }

  /** At a boundary: moves the segment into the open block, which is a block like the others when it is whole. */
  closeSegment(): void {
    const isWhole = this.#nOpen + this.#nRecent === BLOCK_POSITIONS;
    for (const one of this.#parts) {
      const { part, blocks, recent } = one;
      const open = this.#openOf(blocks);
      if (isWhole && part === 'key') this.#closeKeys(open, recent);
      else this.#append(open, recent);
      release(recent);
      one.recent = new Float32Array(0);
    }
    this.#nOpen += this.#nRecent;
    this.#nRecent = 0;
    if (!isWhole) return;
    this.#nOpen = 0;
    this.#nBlocks++;
  }

  /** Keeps some rows, ascending, when no segment is in the making. */
  keepRows(kept: readonly number[]): void {
    const blockRow = this.#width * BLOCK_POSITIONS;
    const openRow = this.#width * this.#nOpen;
    const openFrom = this.#nBlocks * this.#nRows * blockRow;
    const openTo = this.#nBlocks * kept.length * blockRow;
    for (const { blocks } of this.#parts) {
      // Everything moves towards the start, so in ascending order nothing is overwritten that is still needed.
      for (let block = 0; block < this.#nBlocks; block++) {
        for (const [to, from] of kept.entries()) {
          const start = (block * this.#nRows + from) * blockRow;
          blocks.copyWithin((block * kept.length + to) * blockRow, start, start + blockRow);
        }
      }
      for (const [to, from] of kept.entries()) {
        const start = openFrom + from * openRow;
        blocks.copyWithin(openTo + to * openRow, start, start + openRow);
      }
    }
    this.#nRows = kept.length;
  }

  /** Values in the whole segments of a batch. */
  #valuesClosed(nRows: number, nPositions: number): number {
    return nRows * this.#width * Math.floor(nPositions / SEGMENT_POSITIONS) * SEGMENT_POSITIONS;
  }

  #openOf(blocks: Floats): Floats {
    return blocks.subarray(this.#nBlocks * this.#nRows * this.#width * BLOCK_POSITIONS);
  }

  /** Puts every head's recent positions behind its open ones, in place: from the last head on, which moves furthest. */
  #append(open: Floats, recent: Floats): void {
    const nOpen = this.#nOpen * this.#headWidth;
    const nRecent = this.#nRecent * this.#headWidth;
    for (let head = this.#nRows * this.#nKeyHeads - 1; head >= 0; head--) {
      const to = head * (nOpen + nRecent);
      open.copyWithin(to, head * nOpen, (head + 1) * nOpen);
      open.set(recent.subarray(head * nRecent, (head + 1) * nRecent), to + nOpen);
    }
  }

  /** Does that for the last segment of a block, turning its keys as well. */
  #closeKeys(open: Floats, recent: Floats): void {
    const nOpen = this.#nOpen * this.#headWidth;
    const nRecent = this.#nRecent * this.#headWidth;
    const scratch = this.#scratch;
    for (let head = this.#nRows * this.#nKeyHeads - 1; head >= 0; head--) {
      scratch.set(open.subarray(head * nOpen, (head + 1) * nOpen));
      scratch.set(recent.subarray(head * nRecent, (head + 1) * nRecent), nOpen);
      transpose(scratch, open.subarray(head * scratch.length), BLOCK_POSITIONS, this.#headWidth);
    }
  }
}

/** Transposes the matrix [nRows, nColumns] of `from` into `to`. */
function transpose(from: Floats, to: Floats, nRows: number, nColumns: number): void {
  for (let column = 0; column < nColumns; column++) {
    const at = column * nRows;
    for (let row = 0; row < nRows; row++) to[at + row] = from[row * nColumns + column]!;
  }
}

/** Gives memory back at once, not when it is collected. */
function release(array: Floats): void {
  array.buffer.transfer(0);
}
