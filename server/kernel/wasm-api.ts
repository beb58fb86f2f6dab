// The part of WebAssembly that the kernel's host uses: Node has it, its type package does not name it.

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/** Can be sent to a thread, like a shared memory. */
export type WasmModule = object & { readonly compiled?: unique symbol };

interface WasmApi {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: unknown };
  /** What a trap throws: the kernel's way to say that its memory cannot grow. */
  readonly RuntimeError: new () => Error;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
