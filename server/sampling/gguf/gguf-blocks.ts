// The numbers of GGUF's blocks: groups of values that share scales, as ggml's ggml-quants.c packs them. Each reader
// writes the values of one block.

export type BlockType =
  | 'F32'
  | 'F16'
  | 'BF16'
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
  readonly unpack: ((block: DataView, out: Float32Array) => void) | null;
}

/** Values of a large block. */
const LARGE = 256;

export const BLOCKS: Readonly<Record<BlockType, Block>> = {
  F32: { code: 0, nValues: 1, nBytes: 4, unpack: null },
  F16: { code: 1, nValues: 1, nBytes: 2, unpack: null },
  BF16: { code: 30, nValues: 1, nBytes: 2, unpack: null },
  Q4_0: {
    code: 2,
    nValues: 32,
    nBytes: 18,
    unpack(block, out) {
      const scale = block.getFloat16(0, true);
      for (let i = 0; i < 16; i++) {
        const pair = block.getUint8(2 + i);
        out[i] = ((pair & 15) - 8) * scale;
        out[i + 16] = ((pair >> 4) - 8) * scale;
      }
    },
  },
  Q4_1: {
    code: 3,
    nValues: 32,
    nBytes: 20,
    unpack(block, out) {
      const scale = block.getFloat16(0, true);
      const least = block.getFloat16(2, true);
      for (let i = 0; i < 16; i++) {
        const pair = block.getUint8(4 + i);
        out[i] = Math.fround((pair & 15) * scale) + least;
        out[i + 16] = Math.fround((pair >> 4) * scale) + least;
      }
    },
  },
  Q5_0: {
    code: 6,
    nValues: 32,
    nBytes: 22,
    unpack(block, out) {
      const scale = block.getFloat16(0, true);
      const fifth = block.getUint32(2, true);
      for (let i = 0; i < 16; i++) {
        const pair = block.getUint8(6 + i);
        out[i] = ((pair & 15) + bit(fifth, i, 16) - 16) * scale;
        out[i + 16] = ((pair >> 4) + bit(fifth, i + 16, 16) - 16) * scale;
      }
    },
  },
  Q5_1: {
    code: 7,
    nValues: 32,
    nBytes: 24,
    unpack(block, out) {
      const scale = block.getFloat16(0, true);
      const least = block.getFloat16(2, true);
      const fifth = block.getUint32(4, true);
      for (let i = 0; i < 16; i++) {
        const pair = block.getUint8(8 + i);
        out[i] = Math.fround(((pair & 15) + bit(fifth, i, 16)) * scale) + least;
        out[i + 16] = Math.fround(((pair >> 4) + bit(fifth, i + 16, 16)) * scale) + least;
      }
    },
  },
  Q8_0: {
    code: 8,
    nValues: 32,
    nBytes: 34,
    unpack(block, out) {
      const scale = block.getFloat16(0, true);
      for (let i = 0; i < 32; i++) out[i] = block.getInt8(2 + i) * scale;
    },
  },
  Q2_K: {
    code: 10,
    nValues: LARGE,
    nBytes: 84,
    unpack(block, out) {
      const scale = block.getFloat16(80, true);
      const leastScale = block.getFloat16(82, true);
      for (let group = 0; group < 16; group++) {
        const both = block.getUint8(group);
        const factor = Math.fround(scale * (both & 15));
        const least = Math.fround(leastScale * (both >> 4));
        const at = quarters(group);
        for (let i = 0; i < 16; i++) {
          const value = (block.getUint8(16 + at.byte + i) >> at.shift) & 3;
          out[group * 16 + i] = Math.fround(factor * value) - least;
        }
      }
    },
  },
  Q3_K: {
    code: 11,
    nValues: LARGE,
    nBytes: 110,
    unpack(block, out) {
      const scale = block.getFloat16(108, true);
      for (let group = 0; group < 16; group++) {
        const low = block.getUint8(96 + (group % 8)) >> (group < 8 ? 0 : 4);
        const high = block.getUint8(104 + (group % 4)) >> (2 * (group >> 2));
        const factor = Math.fround(scale * (((low & 15) | ((high & 3) << 4)) - 32));
        const at = quarters(group);
        for (let i = 0; i < 16; i++) {
          const value = (block.getUint8(32 + at.byte + i) >> at.shift) & 3;
          const isHigh = block.getUint8((group % 2) * 16 + i) & (1 << (group >> 1));
          out[group * 16 + i] = factor * (value - (isHigh ? 0 : 4));
        }
      }
    },
  },
  Q4_K: {
    code: 12,
    nValues: LARGE,
    nBytes: 144,
    unpack(block, out) {
      for (let group = 0; group < 8; group++) {
        const { factor, least } = scalesOf(block, group);
        for (let i = 0; i < 32; i++) {
          const pair = block.getUint8(16 + (group >> 1) * 32 + i);
          out[group * 32 + i] = Math.fround(factor * (group % 2 === 0 ? pair & 15 : pair >> 4)) - least;
        }
      }
    },
  },
  Q5_K: {
    code: 13,
    nValues: LARGE,
    nBytes: 176,
    unpack(block, out) {
      for (let group = 0; group < 8; group++) {
        const { factor, least } = scalesOf(block, group);
        for (let i = 0; i < 32; i++) {
          const pair = block.getUint8(48 + (group >> 1) * 32 + i);
          const fifth = bit(block.getUint8(16 + i), group, 16);
          out[group * 32 + i] =
            Math.fround(factor * ((group % 2 === 0 ? pair & 15 : pair >> 4) + fifth)) - least;
        }
      }
    },
  },
  Q6_K: {
    code: 14,
    nValues: LARGE,
    nBytes: 210,
    unpack(block, out) {
      const scale = block.getFloat16(208, true);
      for (let i = 0; i < LARGE; i++) {
        const half = i >> 7;
        const quarter = (i >> 5) & 3;
        const pair = block.getUint8(half * 64 + (quarter % 2) * 32 + (i & 31));
        const high = (block.getUint8(128 + half * 32 + (i & 31)) >> (2 * quarter)) & 3;
        const value = ((quarter < 2 ? pair & 15 : pair >> 4) | (high << 4)) - 32;
        out[i] = Math.fround(scale * block.getInt8(192 + (i >> 4))) * value;
      }
    },
  },
};

const BY_CODE = new Map(Object.entries(BLOCKS).map(([name, { code }]) => [code, name as BlockType]));

/** Undefined for a type that is not read. */
export const typeName = (code: number): BlockType | undefined => BY_CODE.get(code);

/** `value` if the bit is set. */
const bit = (bits: number, at: number, value: number): number => ((bits >>> at) & 1) * value;

/** Sixteen values of two bits: from which byte on, and how far up in each. */
const quarters = (group: number) => ({
  byte: (group >> 3) * 32 + (group % 2) * 16,
  shift: 2 * ((group >> 1) & 3),
});

/** Scale and least value of a group of 32, six bits each, of a block that begins with the scales of both. */
function scalesOf(block: DataView, group: number): { readonly factor: number; readonly least: number } {
  const packed = (at: number) => block.getUint8(4 + at);
  const [scale, least] =
    group < 4
      ? [packed(group) & 63, packed(group + 4) & 63]
      : [
          (packed(group + 4) & 15) | ((packed(group - 4) >> 6) << 4),
          (packed(group + 4) >> 4) | ((packed(group) >> 6) << 4),
        ];
  return {
    factor: Math.fround(block.getFloat16(0, true) * scale),
    least: Math.fround(block.getFloat16(2, true) * least),
  };
}
