// Numbers that are collected before it is known how many there are, for millions of them: in pages, since an array that is made
// anew when it is full leaves holes behind that nobody fills.

const PAGE_BITS = 15;
const PAGE_LENGTH = 1 << PAGE_BITS;
const PLACE_IN_PAGE = PAGE_LENGTH - 1;

/** What another thread can be given of them; whoever gives them away has none any more. */
export interface PagesOfUint32 {
  readonly pages: Uint32Array<ArrayBuffer>[];
  readonly length: number;
}

export class PagedUint32 {
  readonly #pages: Uint32Array<ArrayBuffer>[];
  #length: number;

  constructor({ pages, length }: PagesOfUint32 = { pages: [], length: 0 }) {
    this.#pages = pages;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const page = this.#length >>> PAGE_BITS;
    if (page === this.#pages.length) this.#pages.push(new Uint32Array(PAGE_LENGTH));
    this.#pages[page]![this.#length++ & PLACE_IN_PAGE] = value;
  }

  /** `index` is that of a number which is there. */
  get(index: number): number {
    return this.#pages[index >>> PAGE_BITS]![index & PLACE_IN_PAGE]!;
  }

  set(index: number, value: number): void {
    this.#pages[index >>> PAGE_BITS]![index & PLACE_IN_PAGE] = value;
  }

  /** Not copied: nothing may be added to them after that. */
  toPages(): PagesOfUint32 {
    return { pages: this.#pages, length: this.#length };
  }
}
