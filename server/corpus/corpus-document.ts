// One document of the training data, whole, and where it stands.

export interface CorpusDocument {
  readonly row: number;
  /** Start of its row in the shard's decompressed stream; elsewhere 0. */
  readonly byteOffset: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
  readonly text: Uint8Array;
}
