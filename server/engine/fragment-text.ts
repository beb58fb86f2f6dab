// The text of fragments: normalised lines joined by LF, and its MD5, the fingerprint.

import { Md5 } from './md5.ts';
import { EDGE, type SampleIndex } from './sample-index.ts';

const LF = Uint8Array.of(0x0a);

/** A fragment's text by one of its places in the index's sequence. */
export interface TextPlace {
  readonly first: number;
  readonly nLines: number;
}

/** Texts that begin at the same place are hashed in one pass. */
export function fingerprintTexts(index: SampleIndex, places: readonly TextPlace[]): string[] {
  const fingerprints = new Array<string>(places.length);
  const order = Uint32Array.from(places, (_, i) => i).sort(
    (a, b) => places[a]!.first - places[b]!.first || places[a]!.nLines - places[b]!.nLines,
  );
  let hash = new Md5();
  let first = -1;
  let nLines = 0;
  for (const i of order) {
    const place = places[i]!;
    if (place.first !== first) {
      hash = new Md5();
      first = place.first;
      nLines = 0;
    }
    for (; nLines < place.nLines; nLines++) {
      if (nLines > 0) hash.update(LF);
      hash.update(lineBytes(index, first + nLines));
    }
    fingerprints[i] = hash.digest();
  }
  return fingerprints;
}

/** Gives out texts. */
export class FragmentTexts {
  readonly #index: SampleIndex;
  /** The lines of the sequence [#first, #end), joined. */
  #joined = new Uint8Array(0);
  #offsets = new Float64Array(1);
  #first = 0;
  #end = 0;

  constructor(index: SampleIndex) {
    this.#index = index;
  }

  textOf({ first, nLines }: TextPlace): Uint8Array {
    if (first < this.#first || first + nLines > this.#end) this.#join(first);
    const from = first - this.#first;
    return this.#joined.slice(this.#offsets[from]!, this.#offsets[from + nLines]! - 1);
  }

  /** From `first` to the end of its sample: fragments of one sample often follow each other. */
  #join(first: number): void {
    const nLines = this.#index.sequence.indexOf(EDGE, first) - first;
    this.#offsets = new Float64Array(nLines + 1);
    for (let i = 0; i < nLines; i++) {
      this.#offsets[i + 1] = this.#offsets[i]! + lineBytes(this.#index, first + i).length + 1;
    }
    this.#joined = new Uint8Array(this.#offsets[nLines]!);
    for (let i = 0; i < nLines; i++) {
      this.#joined.set(lineBytes(this.#index, first + i), this.#offsets[i]!);
      this.#joined[this.#offsets[i + 1]! - 1] = 0x0a;
    }
    this.#first = first;
    this.#end = first + nLines;
  }
}

function lineBytes({ sequence, lineBytes, lineStarts }: SampleIndex, position: number): Uint8Array {
  const line = sequence[position]!;
  return lineBytes.subarray(lineStarts[line]!, lineStarts[line + 1]!);
}
