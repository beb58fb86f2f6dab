// The kernel with a memory of its own, as whoever fills that memory needs it; scan threads make further instances on it.

import { readFileSync } from 'node:fs';
import { programUrl } from '../program-url.ts';
import { type WasmMemory, type WasmModule, wasm } from './wasm-api.ts';

export interface KernelInstance {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly kernel: IndexExports;
}

/** Made by build-wasm.mjs. */
const kernelUrl = programUrl('../../dist/scan-kernel.wasm', import.meta.url);
const PAGES_OF_4_GIB = 65536;

/** Compiled once: a text that is looked up takes less time than that. */
const compiled: { module?: WasmModule } = {};

export function instantiate(): KernelInstance {
  compiled.module ??= new wasm.Module(readFileSync(kernelUrl));
  const { module } = compiled;
  const memory = new wasm.Memory({ initial: 1, maximum: PAGES_OF_4_GIB, shared: true });
  const nothing = () => {};
  const host = { onLines: nothing, onRow: nothing, onKeys: nothing, onRecords: nothing, onPage: nothing };
  const kernel = new wasm.Instance(module, { env: { memory }, host }).exports as IndexExports;
  return { module, memory, kernel };
}

/** Addresses are unsigned, and come as signed numbers. */
interface IndexExports {
  usedSoFar(): number;
  takeBack(used: number): void;
  createInput(nBytes: number): number;
  countTerminators(at: number, nBytes: number): number;
  createIndex(
    minLines: number,
    profile: number,
    seed: bigint,
    mask: bigint,
    nSamples: number,
    mostLines: number,
  ): number;
  numberTexts(address: number, list: number, nTexts: number): void;
  addWindows(address: number): void;
  createWindowing(minLines: number, gramLines: number, profile: number, seed: bigint): number;
  indexLines(address: number): number;
  indexPositions(address: number): number;
  indexBytes(address: number): number;
  indexLineAt(address: number): number;
  indexSequence(address: number): number;
  indexSampleStarts(address: number): number;
}
