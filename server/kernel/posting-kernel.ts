// The kernel's other door: records of an index go in, in any order, and come out as buckets of lists. Knows nothing of files.

import type { KernelInstance } from './kernel-instance.ts';
import { SPILLED_RECORD_BYTES } from './scan-kernel.ts';
import { IndexMemory } from './share-index.ts';

/** What the buckets of a segment are like: docs/index-format.md, section 4. */
export interface BucketShape {
  /** Bits of each key that are kept, those of its bucket among them; 40 at most. */
  readonly hashBits: number;
  readonly bucketBits: number;
  /** Numbers of documents are below it. */
  readonly nDocuments: number;
}

/** Records whose keys begin with the `bits` bits of `number`. */
export interface Part {
  readonly bits: number;
  readonly number: number;
}

/** A record is a number of 64 bits: the upper 40 of a key, then a document's. The lower word comes first. */
const RECORD_BYTES = 8;
const DOCUMENT_MASK = 2n ** 24n - 1n;

/** Records that a kernel which reads gave at once, of one of its parts (`onRecords`). */
export interface SpilledPart {
  readonly n: number;
  /** Number of that part. */
  readonly of: number;
  /** What documents' numbers are counted from, in the segment. */
  readonly firstDocument: number;
}

const FIRST_OUT_BYTES = 1 << 20;

/** Called with buckets, one after the other, and the end of each in these bytes. Overwritten by the next turn. */
type TakeBuckets = (bytes: Uint8Array, ends: Uint32Array) => void;

export class PostingKernel {
  readonly #shared: IndexMemory;
  readonly #instance: KernelInstance;
  readonly #kernel: PostingExports;
  #shape: BucketShape = { hashBits: 0, bucketBits: 0, nDocuments: 1 };
  /** Distinct records of the segment that were written. */
  nPostings = 0;
  #n = 0;
  #capacity = 0;
  #records = 0;
  /** Room for as many records again. */
  #other = 0;
  #out = 0;
  #outBytes = 0;
  #ends = 0;
  #nEnds = 0;
  #words: Uint32Array = new Uint32Array();
  #bytes: Uint8Array = new Uint8Array();

  /** Nobody else uses the memory from `begin` until the segment is written. */
  constructor(shared = new IndexMemory()) {
    this.#shared = shared;
    this.#instance = shared.emptied();
    this.#kernel = this.#instance.kernel as unknown as PostingExports;
  }

  /** A segment begins, whose parts have about `nRecords` records. */
  begin(shape: BucketShape, nRecords: number): void {
    this.#shared.emptied();
    this.#shape = shape;
    this.nPostings = 0;
    this.clear();
    this.#capacity = this.#nEnds = 0;
    this.#kernel.preparePostings();
    this.#out = this.#alloc(FIRST_OUT_BYTES);
    this.#outBytes = FIRST_OUT_BYTES;
    this.reserve(nRecords);
    this.#kernel.beginBuckets(shape.hashBits, shape.bucketBits, shape.nDocuments);
  }

  clear(): void {
    this.#n = 0;
  }

  /** Makes room for `nMore` records. */
  reserve(nMore: number): void {
    const wanted = this.#n + nMore;
    if (wanted <= this.#capacity) return;
    const capacity = Math.max(wanted, Math.ceil(1.5 * this.#capacity));
    const before = this.#records;
    this.#records = this.#alloc(capacity * RECORD_BYTES);
    this.#other = this.#alloc(capacity * RECORD_BYTES);
    this.#capacity = capacity;
    this.#words.copyWithin(this.#records >>> 2, before >>> 2, (before + this.#n * RECORD_BYTES) >>> 2);
  }

  /** The lower word is the upper eight bits that are left of the key, and the document's number. */
  add(low: number, high: number): void {
    if (this.#n === this.#capacity) this.reserve(1);
    const at = (this.#records >>> 2) + 2 * this.#n++;
    this.#words[at] = low;
    this.#words[at + 1] = high;
  }

  /**
   * Adds those of some records that are of a part: `fill` puts them into so many bytes from an offset on. There are very many
   * of such pieces, so no view is made for each.
   */
  addAll(
    { n, of, firstDocument }: SpilledPart,
    { bits, number }: Part,
    fill: (memory: Uint8Array, at: number, nBytes: number) => void,
  ): void {
    this.reserve(n);
    const from = this.#other;
    const to = this.#records + this.#n * RECORD_BYTES;
    fill(this.#bytes, from, n * SPILLED_RECORD_BYTES);
    this.#n += this.#kernel.takeRecords(from, n, of, firstDocument, to, bits, number);
  }

  /** Writes all buckets of a part, whose records were added; its bits are at most those of a bucket. */
  write({ bits, number }: Part, take: TakeBuckets): void {
    const { bucketBits, hashBits } = this.#shape;
    const nBuckets = 2 ** (bucketBits - bits);
    const kernel = this.#kernel;
    const dropped = (1n << BigInt(64 - hashBits)) - 1n;
    kernel.sortRecords(this.#records, this.#other, this.#n, bits, ~dropped | DOCUMENT_MASK);
    if (nBuckets > this.#nEnds) {
      this.#ends = this.#alloc(4 * nBuckets);
      this.#nEnds = nBuckets;
    }
    const end = (number + 1) * nBuckets;
    let bucket = number * nBuckets;
    for (let done = 0; bucket < end; ) {
      const at = this.#records + done * RECORD_BYTES;
      kernel.writeBuckets(
        at,
        this.#n - done,
        bucket,
        end,
        this.#out,
        this.#outBytes,
        this.#ends,
        this.#other,
      );
      const nWritten = kernel.bucketsWritten();
      if (nWritten === 0) {
        this.#outBytes *= 2;
        this.#out = this.#alloc(this.#outBytes);
      }
      const ends = this.#words.subarray(this.#ends >>> 2, (this.#ends >>> 2) + nWritten);
      if (nWritten > 0) take(new Uint8Array(this.#words.buffer, this.#out, ends.at(-1)!), ends);
      this.nPostings += kernel.postingsWritten();
      done += kernel.recordsRead();
      bucket += nWritten;
    }
  }

  #alloc(nBytes: number): number {
    const at = this.#kernel.createInput(nBytes) >>> 0;
    // Other memory lies behind the views after a growth.
    this.#words = new Uint32Array(this.#instance.memory.buffer);
    this.#bytes = new Uint8Array(this.#instance.memory.buffer);
    return at;
  }
}

interface PostingExports {
  createInput(nBytes: number): number;
  preparePostings(): void;
  beginBuckets(hashBits: number, bucketBits: number, nDocuments: number): void;
  takeRecords(
    from: number,
    n: number,
    of: number,
    first: number,
    to: number,
    nBits: number,
    part: number,
  ): number;
  sortRecords(at: number, other: number, n: number, nPassed: number, kept: bigint): void;
  writeBuckets(
    at: number,
    n: number,
    first: number,
    end: number,
    to: number,
    room: number,
    ends: number,
    ordinals: number,
  ): void;
  bucketsWritten(): number;
  postingsWritten(): number;
  recordsRead(): number;
}
