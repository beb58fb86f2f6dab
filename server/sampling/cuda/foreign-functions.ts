// C functions of NVIDIA's libraries, called without a compiled part of our own. Handles and device addresses are
// numbers here: both fit into 53 bits. Knows nothing of models.

import koffi from 'koffi';
import { EnvironmentError } from '../../errors.ts';

export type ForeignFunction = (...args: readonly unknown[]) => number;

export interface ForeignLibrary {
  /** `prototype` is the C declaration without its return type, which is an error code. */
  fn(prototype: string): ForeignFunction;
}

/** The first of the names that the loader finds. */
export function loadLibrary(names: readonly string[]): ForeignLibrary {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      const library = koffi.load(name);
      return { fn: (prototype) => library.func(`int ${prototype}`) as unknown as ForeignFunction };
    } catch (cause) {
      reasons.push((cause as Error).message);
    }
  }
  throw new EnvironmentError(`${names.join(' or ')} cannot be loaded: ${reasons.at(-1)}`, {
    action: 'Install the NVIDIA driver, and CUDA 12 or 13, or choose another provider.',
  });
}

/** Memory whose address C code is given; the bytes are those of `view`. */
export interface NativeBlock {
  readonly address: bigint;
  readonly view: DataView;
  /** Keeps the memory: it is given back with this object. */
  readonly pointer: unknown;
}

export function nativeBlock(nBytes: number): NativeBlock {
  const pointer = koffi.alloc('uint8_t', nBytes);
  return { pointer, address: koffi.address(pointer), view: new DataView(koffi.view(pointer, nBytes)) };
}
