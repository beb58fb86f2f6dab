// Products of activations and weights by NVIDIA's cuBLASLt. A plan is made once for a shape; the first of the
// library's own choices is taken, so that the same shape on the same device always rounds alike.

import { EnvironmentError } from '../../errors.ts';
import { librariesOf, majorsOfDriver } from '../providers/cuda-libraries.ts';
import { driverVersion } from '../providers/find-cuda.ts';
import type { DeviceAddress } from './cuda-driver.ts';
import { loadLibrary, type NativeBlock, nativeBlock } from './foreign-functions.ts';

const COMPUTE_32F = 68;
const DATA_TYPE = { float32: 0, float16: 2 } as const;
const TRANSPOSE_A = 3;
const EPILOGUE = 7;
const BIAS_POINTER = 8;
const BIAS_DATA_TYPE = 26;
const WITH_BIAS = 4;
const WITH_BIAS_AND_TANH_GELU = 36;
const MAX_WORKSPACE_BYTES = 1;
const WORKSPACE_BYTES = 64 << 20;
const HEURISTIC_BYTES = 96;

export interface ProductShape {
  readonly nRows: number;
  readonly nIn: number;
  readonly nOut: number;
  /** `in-out`: the weight is [nIn, nOut] as stored; `out-in`: [nOut, nIn]. */
  readonly layout: 'in-out' | 'out-in';
  readonly output: 'float16' | 'float32';
  /** Whether the product is added to what the output holds. */
  readonly adds: boolean;
  /** What is made of the product with its bias before it is written: that needs a bias, and adds to nothing. */
  readonly activation?: 'tanh-gelu';
  /** Values between two rows of the output; nOut if left out. */
  readonly outputStride?: number;
}

export interface ProductOperands {
  readonly input: DeviceAddress;
  readonly weight: DeviceAddress;
  /** In the output's type; null for none. */
  readonly bias: DeviceAddress | null;
  readonly output: DeviceAddress;
}

export class MatrixProducts {
  readonly #call: ReturnType<typeof bind>;
  readonly #handle: number;
  readonly #stream: number;
  readonly #workspace: DeviceAddress;
  /** Looking for one takes milliseconds, and layers are alike. */
  readonly #algorithms = new Map<string, NativeBlock>();

  constructor(stream: number, allocate: (nBytes: number) => DeviceAddress) {
    this.#call = bind();
    this.#stream = stream;
    this.#workspace = allocate(WORKSPACE_BYTES);
    this.#handle = out((to) => this.#call.create(to));
  }

  /** Gives the function that asks the stream for the product. */
  plan(shape: ProductShape, { input, weight, bias, output }: ProductOperands): () => void {
    const call = this.#call;
    const { nRows, nIn, nOut, layout, adds } = shape;
    // The library's matrices have their columns one behind the other: ours are theirs transposed.
    const description = out((to) => call.descriptionCreate(to, COMPUTE_32F, DATA_TYPE.float32));
    const set = (attribute: number, value: NativeBlock, nBytes: number) =>
      call.descriptionSet(description, attribute, value.pointer, nBytes);
    set(TRANSPOSE_A, int32(layout === 'out-in' ? 1 : 0), 4);
    if (bias !== null) {
      set(EPILOGUE, int32(shape.activation === undefined ? WITH_BIAS : WITH_BIAS_AND_TANH_GELU), 4);
      set(BIAS_DATA_TYPE, int32(DATA_TYPE[shape.output]), 4);
      set(BIAS_POINTER, word(bias), 8);
    }
    const matrix = (type: number, rows: number, columns: number, stride: number) =>
      out((to) => call.layoutCreate(to, type, rows, columns, stride));
    const a =
      layout === 'out-in'
        ? matrix(DATA_TYPE.float16, nIn, nOut, nIn)
        : matrix(DATA_TYPE.float16, nOut, nIn, nOut);
    const b = matrix(DATA_TYPE.float16, nIn, nRows, nIn);
    const d = matrix(DATA_TYPE[shape.output], nOut, nRows, shape.outputStride ?? nOut);
    const preference = out((to) => call.preferenceCreate(to));
    call.preferenceSet(preference, MAX_WORKSPACE_BYTES, word(WORKSPACE_BYTES).pointer, 8);
    const alike = JSON.stringify([shape, bias !== null]);
    let algorithm = this.#algorithms.get(alike);
    if (algorithm === undefined) {
      algorithm = nativeBlock(HEURISTIC_BYTES);
      const found: [number] = [0];
      call.heuristic(this.#handle, description, a, b, d, d, preference, 1, algorithm.pointer, found);
      if (found[0] === 0) {
        throw new EnvironmentError(`cuBLAS has no product for ${nRows} × ${nIn} × ${nOut}`, {
          action: 'Choose another provider.',
        });
      }
      this.#algorithms.set(alike, algorithm);
    }
    const { pointer } = algorithm;
    const one = float32(1);
    const addend = float32(adds ? 1 : 0);
    return () =>
      call.matmul(
        this.#handle,
        description,
        one.pointer,
        weight,
        a,
        input,
        b,
        addend.pointer,
        output,
        d,
        output,
        d,
        pointer,
        this.#workspace,
        WORKSPACE_BYTES,
        this.#stream,
      );
  }
}

function bind() {
  const library = loadLibrary(majorsOfDriver(driverVersion()).map((major) => librariesOf(major).products));
  const checked = (prototype: string) => {
    const call = library.fn(prototype);
    const name = prototype.slice(0, prototype.indexOf('('));
    return (...args: readonly unknown[]) => {
      const code = call(...args);
      if (code === 0) return;
      throw new EnvironmentError(`${name} failed with status ${code}`, {
        action: 'Run verbatim doctor, or choose another provider.',
      });
    };
  };
  return {
    create: checked('cublasLtCreate(_Out_ uint64_t *handle)'),
    descriptionCreate: checked(
      'cublasLtMatmulDescCreate(_Out_ uint64_t *description, int compute, int scale)',
    ),
    descriptionSet: checked(
      'cublasLtMatmulDescSetAttribute(uint64_t description, int attribute, void *value, uint64_t nBytes)',
    ),
    layoutCreate: checked(
      'cublasLtMatrixLayoutCreate(_Out_ uint64_t *layout, int type, uint64_t rows, uint64_t columns, int64_t stride)',
    ),
    preferenceCreate: checked('cublasLtMatmulPreferenceCreate(_Out_ uint64_t *preference)'),
    preferenceSet: checked(
      'cublasLtMatmulPreferenceSetAttribute(uint64_t preference, int attribute, void *value, uint64_t nBytes)',
    ),
    heuristic: checked(
      'cublasLtMatmulAlgoGetHeuristic(uint64_t handle, uint64_t description, uint64_t a, uint64_t b, uint64_t c, ' +
        'uint64_t d, uint64_t preference, int nWanted, void *results, _Out_ int *nFound)',
    ),
    matmul: checked(
      'cublasLtMatmul(uint64_t handle, uint64_t description, void *alpha, uint64_t weight, uint64_t a, ' +
        'uint64_t input, uint64_t b, void *beta, uint64_t addend, uint64_t c, uint64_t output, uint64_t d, ' +
        'void *algorithm, uint64_t workspace, uint64_t workspaceBytes, uint64_t stream)',
    ),
  };
}

function out(ask: (to: [number]) => void): number {
  const to: [number] = [0];
  ask(to);
  return Number(to[0]);
}

function int32(value: number): NativeBlock {
  const block = nativeBlock(4);
  block.view.setInt32(0, value, true);
  return block;
}

function float32(value: number): NativeBlock {
  const block = nativeBlock(4);
  block.view.setFloat32(0, value, true);
  return block;
}

function word(value: number): NativeBlock {
  const block = nativeBlock(8);
  block.view.setBigUint64(0, BigInt(value), true);
  return block;
}
