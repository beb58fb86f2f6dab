// The products of a step: their shapes, and the kernels that make them in tiles.

import type { ShaderConstants } from './shaders-source.ts';

export const PRODUCTS = ['qkv', 'output', 'up', 'down', 'head'] as const;
export type ProductName = (typeof PRODUCTS)[number];

export interface ProductShape {
  readonly nIn: number;
  readonly nOut: number;
  /** What the weight's rows are: GPT-2's projections lie by their inputs, the vocabulary by its tokens. */
  readonly layout: 'in-out' | 'out-in';
  readonly keep: 'half' | 'gelu' | 'float' | 'sum';
}

interface Sizes {
  readonly width: number;
  readonly vocabulary: number;
}

export function shapeOf(name: ProductName, { width, vocabulary }: Sizes): ProductShape {
  const shapes: Readonly<Record<ProductName, ProductShape>> = {
    qkv: { nIn: width, nOut: 3 * width, layout: 'in-out', keep: 'half' },
    output: { nIn: width, nOut: width, layout: 'in-out', keep: 'sum' },
    up: { nIn: width, nOut: 4 * width, layout: 'in-out', keep: 'gelu' },
    down: { nIn: 4 * width, nOut: width, layout: 'in-out', keep: 'sum' },
    head: { nIn: width, nOut: vocabulary, layout: 'out-in', keep: 'float' },
  };
  return shapes[name];
}

/** A workgroup's tile, its depth, and a thread's part of it: fours of rows and of columns. */
export type FloatTile = Readonly<Record<'BM' | 'BN' | 'BK' | 'TM' | 'TN', number>>;
/** Subgroups of a workgroup, fragments of 16 × 16 that each makes, and the depth. */
export type MatrixTile = Readonly<Record<'SM' | 'SN' | 'FM' | 'FN' | 'BK', number>>;
export type Tile = FloatTile | MatrixTile;

export interface ProductKernel {
  readonly files: readonly string[];
  readonly constants: ShaderConstants;
  readonly nRowsOfTile: number;
  readonly nColumnsOfTile: number;
}

export function productKernel({ nIn, nOut, layout, keep }: ProductShape, tile: Tile): ProductKernel {
  const onCores = 'SM' in tile;
  const nRowsOfTile = onCores ? tile.SM * tile.FM * 16 : tile.BM;
  const nColumnsOfTile = onCores ? tile.SN * tile.FN * 16 : tile.BN;
  const nThreads = onCores ? 32 * tile.SM * tile.SN : (tile.BM / tile.TM) * (tile.BN / tile.TN);
  const own = onCores ? { K_FRAGMENTS: tile.BK / 16 } : { ROW_FOURS: tile.TM / 4, COLUMN_FOURS: tile.TN / 4 };
  return {
    files: [onCores ? 'matrix-product.wgsl' : 'product.wgsl', `keep-${keep}.wgsl`],
    constants: {
      ...{ K: nIn, N: nOut, IN_OUT: layout === 'in-out', ...tile, ...own },
      // Eight halves a thread and load.
      LEFT_LOADS: (nRowsOfTile * tile.BK) / 8 / nThreads,
      RIGHT_LOADS: (nColumnsOfTile * tile.BK) / 8 / nThreads,
    },
    nRowsOfTile,
    nColumnsOfTile,
  };
}

export const nameOf = (tile: Tile) =>
  Object.entries(tile)
    .map(([name, size]) => `${name}${size}`)
    .join(' ');
