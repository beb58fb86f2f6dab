// What an extraction map measures: windows of documents, as plain data. Tokens are counted from a document's first.

/** All windows of a document in order, one value a window. */
export interface MappedWindows {
  /** Nats, under the plan's rule; minus infinity for a suffix that it never draws. */
  readonly logp: Float64Array;
  /** Nats, under the whole softmax at temperature 1. */
  readonly logpPlain: Float64Array;
  /** Tokens of the suffix that are the model's likeliest. */
  readonly nArgmax: Uint32Array;
  /** Pairs: byte offset of the suffix in the document, and its bytes. */
  readonly places: Uint32Array;
}

/** A window that is likely enough to be kept. Lines and bytes are those of its suffix. */
export interface KeptWindow {
  readonly start: number;
  readonly logp: number;
  readonly logpPlain: number;
  readonly nArgmax: number;
  /** Prefix, then suffix. */
  readonly tokens: Uint32Array;
  /** 1-based, inclusive. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly byteOffset: number;
  readonly nBytes: number;
}

/** Kept windows whose suffixes touch. */
export interface MappedRegion {
  readonly byteOffset: number;
  readonly text: Uint8Array;
  /** What stands right before it and behind it: the rest of its lines, and of a private key that it is cut out of. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly nWindows: number;
  readonly bestLogp: number;
  /** MD5 of its normalised lines, as a fragment's. */
  readonly fingerprint: string;
}

export interface MappedDocument {
  readonly row: number;
  readonly byteOffset: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
  readonly nTokens: number;
  readonly windows: MappedWindows;
  readonly kept: readonly KeptWindow[];
  readonly regions: readonly MappedRegion[];
}

/** A window that may be among those that are looked at more closely. */
export interface DrawnWindow {
  readonly row: number;
  readonly start: number;
  /** The lowest are looked at. */
  readonly rank: number;
  /** Prefix, then suffix. */
  readonly tokens: Uint32Array;
}

export interface MappedShard {
  /** Documents that have a window, in order. */
  readonly documents: readonly MappedDocument[];
  /** Documents that are shorter than a window. */
  readonly nShort: number;
  /** Documents that the tokenizer does not give back as they are. */
  readonly nUnfaithful: number;
  /** The lowest ranks, at most as many as are looked at of all shards. */
  readonly drawn: readonly DrawnWindow[];
}
