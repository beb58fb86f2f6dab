// Deflates many small pieces with one engine. Knows no files.

import { constants, createDeflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { EngineHere } from './engine-here.ts';

export class DeflateHere {
  readonly #options: ZlibOptions;
  readonly #engine: EngineHere | undefined;

  /** `chunkSize` is what most pieces fit into when they are deflated. */
  constructor(options: ZlibOptions) {
    this.#options = options;
    this.#engine = EngineHere.of(createDeflateRaw(options));
  }

  /**
   * They inflate to the piece, and are overwritten by the next call. The same pieces in the same order give the same
   * bytes; what an engine met before may change which of several copies it finds, so they need not be those of a new one.
   */
  deflate(bytes: Uint8Array): Uint8Array {
    if (!this.#engine) return deflateRawSync(bytes, this.#options);
    const packed = this.#engine.process(bytes, constants.Z_FINISH);
    this.#engine.reset();
    return packed;
  }

  [Symbol.dispose](): void {
    this.#engine?.close();
  }
}
