// Places of many fragments in few arrays: there are millions, and an object for each would take a gigabyte. What one log says
// of a fragment is a run; a fragment's runs follow each other in the order in which they came.

import { PagedUint32 } from './paged-uint32.ts';

const NONE = 0xffffffff;

export class PackedPlaces {
  readonly #whose = new PagedUint32();
  readonly #firstLines = new PagedUint32();
  readonly #lastLines = new PagedUint32();
  /** A run's first place, and the next run of its fragment. */
  readonly #starts = new PagedUint32();
  readonly #next = new PagedUint32();
  /** A fragment's first run, and its last. */
  readonly #first = new PagedUint32();
  readonly #last = new PagedUint32();
  /** The first place of the run that nobody has yet. */
  #open = 0;

  /** All places, in all runs. */
  get length(): number {
    return this.#whose.length;
  }

  /** Adds to the open run. `whose` is the number of the file or document that has the lines. */
  push(whose: number, firstLine: number, lastLine: number): void {
    this.#whose.push(whose);
    this.#firstLines.push(firstLine);
    this.#lastLines.push(lastLine);
  }

  /** Gives the open run to a fragment; they are numbered from 0. */
  keepRun(fragment: number): void {
    if (this.#whose.length === this.#open) return;
    while (this.#first.length <= fragment) {
      this.#first.push(NONE);
      this.#last.push(NONE);
    }
    const run = this.#starts.length;
    this.#starts.push(this.#open);
    this.#next.push(NONE);
    const last = this.#last.get(fragment);
    if (last === NONE) this.#first.set(fragment, run);
    else this.#next.set(last, run);
    this.#last.set(fragment, run);
    this.#open = this.#whose.length;
  }

  /** Keeps the open run unless one of the fragment's begins with the same places: every log repeats those in samples. */
  keepNewRun(fragment: number): void {
    if (this.#hasOpenRun(fragment)) this.dropRun();
    else this.keepRun(fragment);
  }

  dropRun(): void {
    for (const column of [this.#whose, this.#firstLines, this.#lastLines]) column.truncate(this.#open);
  }

  /** Gives `visit` the fragment's places in order, the first `most` of them. */
  each(
    fragment: number,
    visit: (whose: number, firstLine: number, lastLine: number) => void,
    most = Number.POSITIVE_INFINITY,
  ): void {
    const [whose, firstLines, lastLines] = [this.#whose, this.#firstLines, this.#lastLines];
    let left = most;
    for (let run = this.#firstRun(fragment); run !== NONE && left > 0; run = this.#next.get(run)) {
      const start = this.#starts.get(run);
      const end = Math.min(this.#end(run), start + left);
      for (let place = start; place < end; place++)
        visit(whose.get(place), firstLines.get(place), lastLines.get(place));
      left -= end - start;
    }
  }

  #firstRun(fragment: number): number {
    return fragment < this.#first.length ? this.#first.get(fragment) : NONE;
  }

  #end(run: number): number {
    return run + 1 < this.#starts.length ? this.#starts.get(run + 1) : this.#open;
  }

  #hasOpenRun(fragment: number): boolean {
    for (let run = this.#firstRun(fragment); run !== NONE; run = this.#next.get(run)) {
      if (this.#beginsLikeOpen(this.#starts.get(run), this.#end(run))) return true;
    }
    return false;
  }

  #beginsLikeOpen(start: number, end: number): boolean {
    const n = this.#whose.length - this.#open;
    if (end - start < n) return false;
    for (let i = 0; i < n; i++) {
      for (const column of [this.#firstLines, this.#lastLines, this.#whose])
        if (column.get(start + i) !== column.get(this.#open + i)) return false;
    }
    return true;
  }
}
