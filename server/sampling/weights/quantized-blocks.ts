// The numbers of GGUF's blocks, as ggml's ggml-quants.c packs them: groups of values that share a scale and, in some types, a
// least value. A value is level × scale + least, rounded to 32 bits after each of the two.

export type BlockType = 'F32' | 'F16' | 'BF16' | PackedType;

export type PackedType =
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q2_K'
  | 'Q3_K'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K';

interface Block {
  readonly code: number;
  readonly nValues: number;
  readonly nBytes: number;
  /** Null for numbers that are used where they lie. */
  readonly groups: Groups | null;
}

/** How the groups of a block are read; each is told by its number in it. */
export interface Groups {
  /** Values of a group. */
  readonly nValues: 16 | 32;
  /** Bits that hold its levels: from 0 on where there is a least value, else from the negative of half of what they hold. */
  readonly bits: 4 | 8;
  readonly levels: (block: DataView, group: number, out: Int8Array) => void;
  readonly scale: (block: DataView, group: number) => number;
  readonly least: ((block: DataView, group: number) => number) | null;
}

/** Values of a large block. */
const LARGE = 256;

const inPlace = (code: number, nBytes: number): Block => ({ code, nValues: 1, nBytes, groups: null });

export const BLOCKS: Readonly<Record<BlockType, Block>> = {
  F32: inPlace(0, 4),
  F16: inPlace(1, 2),
  BF16: inPlace(30, 2),
  Q4_0: {
    ...{ code: 2, nValues: 32, nBytes: 18 },
    groups: {
      ...{ nValues: 32, bits: 4, scale: float16At(0), least: null },
      levels(block, _group, out) {
        for (let i = 0; i < 32; i++) out[i] = halfByte(block, 2, i) - 8;
      },
    },
  },
  Q4_1: {
    ...{ code: 3, nValues: 32, nBytes: 20 },
    groups: {
      ...{ nValues: 32, bits: 4, scale: float16At(0), least: float16At(2) },
      levels(block, _group, out) {
        for (let i = 0; i < 32; i++) out[i] = halfByte(block, 4, i);
      },
    },
  },
  Q5_0: {
    ...{ code: 6, nValues: 32, nBytes: 22 },
    groups: {
      ...{ nValues: 32, bits: 8, scale: float16At(0), least: null },
      levels(block, _group, out) {
        const fifth = block.getUint32(2, true);
        for (let i = 0; i < 32; i++) out[i] = halfByte(block, 6, i) + bit(fifth, i, 16) - 16;
      },
    },
  },
  Q5_1: {
    ...{ code: 7, nValues: 32, nBytes: 24 },
    groups: {
      ...{ nValues: 32, bits: 8, scale: float16At(0), least: float16At(2) },
      levels(block, _group, out) {
        const fifth = block.getUint32(4, true);
        for (let i = 0; i < 32; i++) out[i] = halfByte(block, 8, i) + bit(fifth, i, 16);
      },
    },
  },
  Q8_0: {
    ...{ code: 8, nValues: 32, nBytes: 34 },
    groups: {
      ...{ nValues: 32, bits: 8, scale: float16At(0), least: null },
      levels(block, _group, out) {
        for (let i = 0; i < 32; i++) out[i] = block.getInt8(2 + i);
      },
    },
  },
  Q2_K: {
    ...{ code: 10, nValues: LARGE, nBytes: 84 },
    groups: {
      ...{ nValues: 16, bits: 4 },
      levels(block, group, out) {
        const { byte, shift } = quarters(group);
        for (let i = 0; i < 16; i++) out[i] = (block.getUint8(16 + byte + i) >> shift) & 3;
      },
      scale: (block, group) => Math.fround(block.getFloat16(80, true) * (block.getUint8(group) & 15)),
      least: (block, group) => -Math.fround(block.getFloat16(82, true) * (block.getUint8(group) >> 4)),
    },
  },
  Q3_K: {
    ...{ code: 11, nValues: LARGE, nBytes: 110 },
    groups: {
      ...{ nValues: 16, bits: 4, least: null },
      levels(block, group, out) {
        const { byte, shift } = quarters(group);
        for (let i = 0; i < 16; i++) {
          const isHigh = block.getUint8((group % 2) * 16 + i) & (1 << (group >> 1));
          out[i] = ((block.getUint8(32 + byte + i) >> shift) & 3) - (isHigh ? 0 : 4);
        }
      },
      scale(block, group) {
        const low = block.getUint8(96 + (group % 8)) >> (group < 8 ? 0 : 4);
        const high = block.getUint8(104 + (group % 4)) >> (2 * (group >> 2));
        return Math.fround(block.getFloat16(108, true) * (((low & 15) | ((high & 3) << 4)) - 32));
      },
    },
  },
  Q4_K: {
    ...{ code: 12, nValues: LARGE, nBytes: 144 },
    groups: {
      ...{ nValues: 32, bits: 4, scale: largeScale, least: largeLeast },
      levels(block, group, out) {
        for (let i = 0; i < 32; i++) out[i] = largeHalfByte(block, 16, group, i);
      },
    },
  },
  Q5_K: {
    ...{ code: 13, nValues: LARGE, nBytes: 176 },
    groups: {
      ...{ nValues: 32, bits: 8, scale: largeScale, least: largeLeast },
      levels(block, group, out) {
        for (let i = 0; i < 32; i++) {
          out[i] = largeHalfByte(block, 48, group, i) + bit(block.getUint8(16 + i), group, 16);
        }
      },
    },
  },
  Q6_K: {
    ...{ code: 14, nValues: LARGE, nBytes: 210 },
    groups: {
      ...{ nValues: 16, bits: 8, least: null },
      levels(block, group, out) {
        const half = group >> 3;
        const quarter = (group >> 1) & 3;
        for (let i = 0; i < 16; i++) {
          const at = (group % 2) * 16 + i;
          const pair = block.getUint8(half * 64 + (quarter % 2) * 32 + at);
          const high = (block.getUint8(128 + half * 32 + at) >> (2 * quarter)) & 3;
          out[i] = ((quarter < 2 ? pair & 15 : pair >> 4) | (high << 4)) - 32;
        }
      },
      scale: (block, group) => Math.fround(block.getFloat16(208, true) * block.getInt8(192 + group)),
    },
  },
};

const BY_CODE = new Map(Object.entries(BLOCKS).map(([name, { code }]) => [code, name as BlockType]));

/** Undefined for a type that is not read. */
export const typeName = (code: number): BlockType | undefined => BY_CODE.get(code);

export const isPackedType = (name: string): name is PackedType =>
  Object.hasOwn(BLOCKS, name) && BLOCKS[name as BlockType].groups !== null;

/** The values of whole blocks that lie one after the other in `bytes`, into `values`. */
export function unpackBlocks(type: PackedType, bytes: DataView, values: Float32Array): void {
  const { nBytes, nValues } = BLOCKS[type];
  const groups = BLOCKS[type].groups!;
  const levels = new Int8Array(groups.nValues);
  let at = 0;
  for (let offset = 0; at < values.length; offset += nBytes) {
    const block = new DataView(bytes.buffer, bytes.byteOffset + offset, nBytes);
    for (let group = 0; group < nValues / groups.nValues; group++) {
      const scale = groups.scale(block, group);
      const least = groups.least?.(block, group) ?? null;
      groups.levels(block, group, levels);
      for (const level of levels)
        values[at++] = least === null ? level * scale : Math.fround(level * scale) + least;
    }
  }
}

function float16At(byte: number): (block: DataView) => number {
  return (block) => block.getFloat16(byte, true);
}

/** `value` if the bit is set. */
const bit = (bits: number, at: number, value: number): number => ((bits >>> at) & 1) * value;

/** Value `i` of 32: the lower halves of 16 bytes, then their upper ones. */
function halfByte(block: DataView, first: number, i: number): number {
  return i < 16 ? block.getUint8(first + i) & 15 : block.getUint8(first + i - 16) >> 4;
}

/** Value `i` of a group of 32: the lower halves of 32 bytes, and for the next group their upper ones. */
function largeHalfByte(block: DataView, first: number, group: number, i: number): number {
  const pair = block.getUint8(first + (group >> 1) * 32 + i);
  return group % 2 === 0 ? pair & 15 : pair >> 4;
}

/** Sixteen values of two bits: from which byte on, and how far up in each. */
const quarters = (group: number) => ({
  byte: (group >> 3) * 32 + (group % 2) * 16,
  shift: 2 * ((group >> 1) & 3),
});

/** Six bits, of a large block that begins with the scales of its scales and least values. */
function largeScale(block: DataView, group: number): number {
  const packed = (at: number) => block.getUint8(4 + at);
  const level = group < 4 ? packed(group) & 63 : (packed(group + 4) & 15) | ((packed(group - 4) >> 6) << 4);
  return Math.fround(block.getFloat16(0, true) * level);
}

function largeLeast(block: DataView, group: number): number {
  const packed = (at: number) => block.getUint8(4 + at);
  const level = group < 4 ? packed(group + 4) & 63 : (packed(group + 4) >> 4) | ((packed(group) >> 6) << 4);
  return -Math.fround(block.getFloat16(2, true) * level);
}
