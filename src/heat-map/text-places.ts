// Lines and characters of places in a text. An editor may end its lines otherwise than the text did, so that offsets in one
// are none in the other, while lines and characters stay. Pure.

export interface TextPlace {
  readonly line: number;
  readonly character: number;
}

export class TextPlaces {
  readonly #text: string;
  /** The beginning of each line. */
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#starts = [
      0,
      ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ index, 0: end }) => index + end.length),
    ];
  }

  /** 0-based, as editors count. A place inside of a line's end is where that begins. */
  of(offset: number): TextPlace {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    const line = low - 1;
    const length = this.#lengthOf(line);
    return { line, character: Math.min(offset - this.#starts[line]!, length) };
  }

  offsetAt({ line, character }: TextPlace): number {
    return (this.#starts[line] ?? this.#text.length) + character;
  }

  #lengthOf(line: number): number {
    const [start, end] = [this.#starts[line]!, this.#starts[line + 1] ?? this.#text.length];
    return this.#text.slice(start, end).replace(/[\r\n]+$/, '').length;
  }
}
