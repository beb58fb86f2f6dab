// Keys and values of all positions so far, one batch's worth, between two runs of the generation loop: the
// three parts that cached-attention.ts describes. It is most of the memory that sampling takes, so what is
// replaced is given back at once, not when it is collected.

import { Tensor } from 'onnxruntime-node';
import { type DecoderSpec, keyWidth } from '../../decoder/decoder-spec.ts';
import { BLOCK_POSITIONS, type CacheRole, cacheName, SEGMENT_POSITIONS } from './cached-attention.ts';

type Floats = Float32Array<ArrayBuffer>;

/** One layer's keys or values. */
interface CachePart {
  readonly layer: number;
  readonly part: 'key' | 'value';
  /** Room for all blocks from the start: pages that were never written take no memory. */
  readonly blocks: Floats;
  /** [rows, key heads, positions, head width] */
  open: Floats;
  /** The newest part, in the order in which the runtime returned it. */
  recent: Floats;
}

export class KeyValueCache {
  readonly #nKeyHeads: number;
  readonly #headWidth: number;
  /** Values that a position takes in a part. */
  readonly #width: number;
  readonly #parts: readonly CachePart[];
  #nRows: number;
  #nBlocks = 0;
  #nOpen = 0;
  #nRecent = 0;

  /** `nPositions` is the most that will ever be appended. */
  constructor(config: DecoderSpec, nRows: number, nPositions: number) {
    this.#nKeyHeads = config.attention.nKeyHeads;
    this.#headWidth = config.attention.headWidth;
    this.#width = keyWidth(config.attention);
    this.#nRows = nRows;
    const blockLength = nRows * this.#width * BLOCK_POSITIONS;
    const nBlocks = Math.floor(nPositions / BLOCK_POSITIONS);
    this.#parts = Array.from({ length: 2 * config.nLayers }, (_, i) => ({
      layer: i >> 1,
      part: i % 2 === 0 ? 'key' : 'value',
      blocks: new Float32Array(nBlocks * blockLength),
      open: new Float32Array(0),
      recent: new Float32Array(0),
    }));
  }

  /** Positions until the segment in the making is whole: no run may cross that. */
  get nToBoundary(): number {
    return SEGMENT_POSITIONS - this.#nRecent;
  }

  inputs(): Record<string, Tensor> {
    const nHeads = this.#nKeyHeads;
    const headWidth = this.#headWidth;
    const inputs: Record<string, Tensor> = {};
    for (const { layer, part, blocks, open, recent } of this.#parts) {
      const add = (role: CacheRole, data: Floats, shape: readonly number[]) => {
        inputs[cacheName(role, layer, part)] = new Tensor('float32', data, shape);
      };
      const inside = part === 'key' ? [headWidth, BLOCK_POSITIONS] : [BLOCK_POSITIONS, headWidth];
      const filled = blocks.subarray(0, this.#nBlocks * this.#nRows * this.#width * BLOCK_POSITIONS);
      add('blocks', filled, [this.#nBlocks, this.#nRows, nHeads, ...inside]);
      add('open', open, [this.#nRows, nHeads, this.#nOpen, headWidth]);
      add('recent', recent, [this.#nRows, nHeads, this.#nRecent, headWidth]);
    }
    return inputs;
  }

  /** Takes over what a run made. */
  advance(nMade: number, outputs: Readonly<Record<string, Tensor>>): void {
    for (const part of this.#parts) {
      release(part.recent);
      part.recent = outputs[cacheName('made', part.layer, part.part)]!.data as Floats;
    }
    this.#nRecent += nMade;
  }

  /** At a boundary: moves the segment into the open block, and that, when it is whole, to the blocks. */
  closeSegment(): void {
    const width = this.#width;
    const nOpen = this.#nOpen + this.#nRecent;
    for (const part of this.#parts) {
      const joined = this.#join(part.open, part.recent);
      release(part.open);
      release(part.recent);
      part.recent = new Float32Array(0);
      part.open = joined;
      if (nOpen < BLOCK_POSITIONS) continue;
      const block = part.blocks.subarray(this.#nBlocks * this.#nRows * width * BLOCK_POSITIONS);
      if (part.part === 'value') block.set(joined);
      else transposeMatrices(joined, block, BLOCK_POSITIONS, this.#headWidth);
      release(joined);
      part.open = new Float32Array(0);
    }
    this.#nRecent = 0;
    this.#nOpen = nOpen % BLOCK_POSITIONS;
    if (nOpen === BLOCK_POSITIONS) this.#nBlocks++;
  }

  /** Keeps some rows, ascending, when no segment is in the making. */
  keepRows(kept: readonly number[]): void {
    const width = this.#width;
    for (const part of this.#parts) {
      const blockRow = width * BLOCK_POSITIONS;
      for (let block = 0; block < this.#nBlocks; block++) {
        for (const [to, from] of kept.entries()) {
          const start = (block * this.#nRows + from) * blockRow;
          part.blocks.copyWithin((block * kept.length + to) * blockRow, start, start + blockRow);
        }
      }
      const openRow = width * this.#nOpen;
      const open = new Float32Array(kept.length * openRow);
      for (const [to, from] of kept.entries()) {
        open.set(part.open.subarray(from * openRow, (from + 1) * openRow), to * openRow);
      }
      release(part.open);
      part.open = open;
    }
    this.#nRows = kept.length;
  }

  /** Open and recent positions behind each other, for every row and head. */
  #join(open: Floats, recent: Floats): Floats {
    const headWidth = this.#headWidth;
    const nOpen = this.#nOpen * headWidth;
    const nRecent = this.#nRecent * headWidth;
    const joined = new Float32Array(open.length + recent.length);
    for (let head = 0; head < this.#nRows * this.#nKeyHeads; head++) {
      const at = head * (nOpen + nRecent);
      joined.set(open.subarray(head * nOpen, (head + 1) * nOpen), at);
      joined.set(recent.subarray(head * nRecent, (head + 1) * nRecent), at + nOpen);
    }
    return joined;
  }
}

/** Transposes every consecutive [nRows, nColumns] matrix of `from` into `to`. */
function transposeMatrices(from: Floats, to: Floats, nRows: number, nColumns: number): void {
  const size = nRows * nColumns;
  for (let start = 0; start < from.length; start += size) {
    for (let column = 0; column < nColumns; column++) {
      const at = start + column * nRows;
      for (let row = 0; row < nRows; row++) to[at + row] = from[start + row * nColumns + column]!;
    }
  }
}

function release(array: Floats): void {
  array.buffer.transfer(0);
}
