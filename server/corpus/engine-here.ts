// One of Node's zlib engines, run on the calling thread a piece at a time and as often as needed, by the call behind
// `gunzipSync` and its like. Those make an engine for each call, which takes longer than a few kilobytes do.

import type { Engine } from './inflate.ts';

/**
 * The part of Node's engines that packages for archives have long relied on as well, though Node does not promise it:
 * docs/decisions/0010-unpromised.md.
 */
interface SynchronousEngine {
  _processChunk(chunk: Uint8Array, flush: number): Buffer;
  _handle: { close(): void } | null;
  readonly bytesWritten: number;
  reset(): void;
}

export class EngineHere {
  readonly #engine: Engine;
  readonly #inner: SynchronousEngine;
  readonly #handle: NonNullable<SynchronousEngine['_handle']>;
  readonly #close: () => void;

  private constructor(engine: Engine, handle: NonNullable<SynchronousEngine['_handle']>) {
    this.#engine = engine;
    this.#inner = engine as unknown as SynchronousEngine;
    this.#handle = handle;
    this.#close = handle.close;
    // Meant for one call alone, it closes the engine behind itself.
    handle.close = () => {};
  }

  /** Undefined where this Node has no such call. */
  static of(engine: Engine): EngineHere | undefined {
    const { _processChunk, _handle } = engine as unknown as SynchronousEngine;
    return typeof _processChunk === 'function' && _handle ? new EngineHere(engine, _handle) : undefined;
  }

  /** Bytes of the last input that were used. */
  get nUsed(): number {
    return this.#inner.bytesWritten;
  }

  /** The next call may overwrite what is returned. Throws where the engine finds damage. */
  process(input: Uint8Array, flush: number): Buffer {
    try {
      return this.#inner._processChunk(input, flush);
    } finally {
      this.#inner._handle = this.#handle;
      // Each call adds one and leaves it; a failure is thrown as well.
      this.#engine.removeAllListeners('error').on('error', () => {});
    }
  }

  /** Begins anew, for the next stream. */
  reset(): void {
    this.#inner.reset();
  }

  close(): void {
    this.#inner._handle = null;
    this.#handle.close = this.#close;
    this.#handle.close();
    this.#engine.destroy();
  }
}
