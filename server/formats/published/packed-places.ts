// Places of many fragments in few bytes: there are millions, and an object for each would take a gigabyte. What one log says
// of a fragment is a run; a fragment's runs follow each other in the order in which they came.

import { UserError } from '../../errors.ts';
import { PagedUint32, type PagesOfUint32 } from './paged-uint32.ts';

const NONE = 0xffffffff;
const HEAD_NUMBERS = 3;

const PAGE_BITS = 17;
const PAGE_BYTES = 1 << PAGE_BITS;
const PLACE_IN_PAGE = PAGE_BYTES - 1;
/** Three numbers, five bytes each at most. A place never lies in two pages: what is too short for any is left out. */
const MOST_PLACE_BYTES = 15;
/** A run's start is a number of 32 bits. */
const MOST_BYTES = 2 ** 32 - PAGE_BYTES;

/** What another thread can be given of them; whoever gives them away has none any more. */
export interface PagesOfPlaces {
  readonly pages: Uint8Array<ArrayBuffer>[];
  readonly end: number;
  readonly nPlaces: number;
  readonly runs: Readonly<Record<'starts' | 'next' | 'first' | 'last', PagesOfUint32>>;
}

type Visit = (whose: number, firstLine: number, lastLine: number) => void;

export class PackedPlaces {
  /** For each place whose it is, its first line, and how many lines follow: seven bits a byte, the lowest first. */
  readonly #pages: Uint8Array<ArrayBuffer>[];
  /** A run's first byte, and the next run of its fragment. */
  readonly #starts: PagedUint32;
  readonly #next: PagedUint32;
  /** A fragment's first run, and its last. */
  readonly #first: PagedUint32;
  readonly #last: PagedUint32;
  /** The first byte of the run that nobody has yet, and the end of it. */
  #open: number;
  #end: number;
  #nOpen = 0;
  #nKept: number;
  /** Each fragment's first place, three numbers each: nearly every log begins with it, and they lie close to each other. */
  readonly #heads = new PagedUint32();
  /** What `#read` read. */
  #whose = 0;
  #firstLine = 0;
  #nFollowing = 0;
  #page = new Uint8Array();
  #at = 0;

  /** `given`: places that are to be asked for alone. */
  constructor(given?: PagesOfPlaces) {
    this.#pages = given?.pages ?? [];
    this.#open = this.#end = given?.end ?? 0;
    this.#nKept = given?.nPlaces ?? 0;
    this.#starts = new PagedUint32(given?.runs.starts);
    this.#next = new PagedUint32(given?.runs.next);
    this.#first = new PagedUint32(given?.runs.first);
    this.#last = new PagedUint32(given?.runs.last);
  }

  /** All places, in all runs that somebody has. */
  get length(): number {
    return this.#nKept;
  }

  /** Adds to the open run. `whose` is the number of the file or document that has the lines. */
  push(whose: number, firstLine: number, lastLine: number): void {
    const page = this.#pages[this.#end >>> PAGE_BITS];
    let at = this.#end & PLACE_IN_PAGE;
    if (page === undefined || at > PAGE_BYTES - MOST_PLACE_BYTES) {
      this.#beginPage();
      this.push(whose, firstLine, lastLine);
      return;
    }
    at = writeNumber(page, whose, at);
    at = writeNumber(page, firstLine, at);
    at = writeNumber(page, lastLine - firstLine, at);
    this.#end = this.#end - (this.#end & PLACE_IN_PAGE) + at;
    this.#nOpen++;
  }

  #beginPage(): void {
    const number = Math.ceil(this.#end / PAGE_BYTES);
    if (number * PAGE_BYTES > MOST_BYTES) {
      throw new UserError('The logs name more places than can be read', {
        action: 'Import the run in parts: the logs of fewer shards.',
      });
    }
    if (number === this.#pages.length) this.#pages.push(new Uint8Array(PAGE_BYTES));
    this.#end = number * PAGE_BYTES;
  }

  /** Gives the open run to a fragment; they are numbered from 0. */
  keepRun(fragment: number): void {
    if (this.#nOpen === 0) return;
    while (this.#first.length <= fragment) {
      this.#first.push(NONE);
      this.#last.push(NONE);
      for (let i = 0; i < HEAD_NUMBERS; i++) this.#heads.push(0);
    }
    const run = this.#starts.length;
    this.#starts.push(this.#open);
    this.#next.push(NONE);
    const last = this.#last.get(fragment);
    if (last === NONE) {
      this.#first.set(fragment, run);
      this.#read(this.#open);
      this.#heads.set(HEAD_NUMBERS * fragment, this.#whose);
      this.#heads.set(HEAD_NUMBERS * fragment + 1, this.#firstLine);
      this.#heads.set(HEAD_NUMBERS * fragment + 2, this.#nFollowing);
    } else this.#next.set(last, run);
    this.#last.set(fragment, run);
    this.#open = this.#end;
    this.#nKept += this.#nOpen;
    this.#nOpen = 0;
  }

  /** Keeps the open run unless one of the fragment's begins with the same places: every log repeats those in samples. */
  keepNewRun(fragment: number): void {
    if (this.#hasOpenRun(fragment)) this.dropRun();
    else this.keepRun(fragment);
  }

  dropRun(): void {
    this.#end = this.#open;
    this.#nOpen = 0;
  }

  /** Gives `visit` the fragment's places in order, the first `most` of them. */
  each(fragment: number, visit: Visit, most = Number.POSITIVE_INFINITY): void {
    let left = most;
    for (let run = this.#firstRun(fragment); run !== NONE && left > 0; run = this.#next.get(run)) {
      const end = this.#endOf(run);
      for (let at = this.#starts.get(run); at < end && left > 0; left--) {
        at = this.#read(at);
        visit(this.#whose, this.#firstLine, this.#firstLine + this.#nFollowing);
      }
    }
  }

  /** Not copied: nothing may be added to them after that. */
  toPages(): PagesOfPlaces {
    const [starts, next] = [this.#starts.toPages(), this.#next.toPages()];
    const [first, last] = [this.#first.toPages(), this.#last.toPages()];
    return {
      pages: this.#pages,
      end: this.#open,
      nPlaces: this.#nKept,
      runs: { starts, next, first, last },
    };
  }

  /** Reads the place at a byte, and returns the next one's. */
  #read(start: number): number {
    const at = start & PLACE_IN_PAGE;
    const base = at > PAGE_BYTES - MOST_PLACE_BYTES ? start - at + PAGE_BYTES : start - at;
    this.#page = this.#pages[base >>> PAGE_BITS]!;
    this.#at = start > base ? at : 0;
    this.#whose = this.#readNumber();
    this.#firstLine = this.#readNumber();
    this.#nFollowing = this.#readNumber();
    return base + this.#at;
  }

  #readNumber(): number {
    const page = this.#page;
    let byte = page[this.#at++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; ; shift += 7) {
      byte = page[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  #firstRun(fragment: number): number {
    return fragment < this.#first.length ? this.#first.get(fragment) : NONE;
  }

  #endOf(run: number): number {
    return run + 1 < this.#starts.length ? this.#starts.get(run + 1) : this.#open;
  }

  #hasOpenRun(fragment: number): boolean {
    if (this.#nOpen === 1 && this.#isHead(fragment)) return true;
    for (let run = this.#firstRun(fragment); run !== NONE; run = this.#next.get(run))
      if (this.#beginsLikeOpen(this.#starts.get(run), this.#endOf(run))) return true;
    return false;
  }

  /** Whether the open run's first place is the fragment's. */
  #isHead(fragment: number): boolean {
    if (this.#firstRun(fragment) === NONE) return false;
    this.#read(this.#open);
    const at = HEAD_NUMBERS * fragment;
    const heads = this.#heads;
    return (
      heads.get(at) === this.#whose &&
      heads.get(at + 1) === this.#firstLine &&
      heads.get(at + 2) === this.#nFollowing
    );
  }

  #beginsLikeOpen(start: number, end: number): boolean {
    let at = start;
    for (let open = this.#open; open < this.#end; ) {
      if (at >= end) return false;
      at = this.#read(at);
      const [whose, firstLine, nFollowing] = [this.#whose, this.#firstLine, this.#nFollowing];
      open = this.#read(open);
      if (this.#whose !== whose || this.#firstLine !== firstLine || this.#nFollowing !== nFollowing)
        return false;
    }
    return true;
  }
}

/** Returns the byte behind it. */
function writeNumber(bytes: Uint8Array, value: number, start: number): number {
  let [at, rest] = [start, value];
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}
