// Finds in one pass which of many marks a text holds. A mark is what each match of some pattern must have, so that a text
// without it need not be searched for the pattern. Letters are compared whatever their case: a mark too many only costs time.

export interface Mark {
  /** Whose mark it is; several may have one name. */
  readonly name: string;
  /** Source of an expression whose last character is plain, and the rarer the better: the pass stops at each. */
  readonly upTo: string;
  /** Source of what follows, where `upTo` alone would be found too often. */
  readonly next?: string;
}

/** Whether a mark of that name has its last character between two places of the text, the second excluded. */
export type Marked = (name: string, from?: number, to?: number) => boolean;

export function markFinder(marks: readonly Mark[]): (text: string) => Marked {
  const groups = Map.groupBy(marks, ({ upTo }) => upTo.at(-1)!.toLowerCase());
  const any = new RegExp(Array.from(groups, ([last, some]) => anyOf(last, some)).join('|'), 'gi');
  const tests = new Map(Array.from(groups, ([last, some]) => [last, some.map(testOf)]));
  return (text) => {
    const placesOf = new Map(marks.map(({ name }) => [name, [] as number[]]));
    for (const { index } of text.matchAll(any)) {
      for (const { name, behind } of tests.get(text[index]!.toLowerCase())!) {
        behind.lastIndex = index + 1;
        if (behind.test(text)) placesOf.get(name)!.push(index);
      }
    }
    return (name, from = 0, to = text.length) => {
      const places = placesOf.get(name);
      return places !== undefined && (places[firstFrom(places, from)] ?? to) < to;
    };
  };
}

/** Tells whether a mark has its last character before a place. */
const testOf = ({ name, upTo, next }: Mark) => ({
  name,
  behind: new RegExp(before(upTo) + ahead(next), 'iy'),
});

/** Index of the first of ascending places that is not before another. */
function firstFrom(places: readonly number[], from: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Any of marks that share their last character. */
function anyOf(last: string, marks: readonly Mark[]): string {
  const alone = marks.filter(({ next }) => next === undefined).map(({ upTo }) => upTo);
  const ways = marks.flatMap(({ upTo, next }) => (next === undefined ? [] : [before(upTo) + ahead(next)]));
  if (alone.length > 0) ways.push(before(alone.join('|')));
  return `${last === '.' ? '\\.' : last}(?:${ways.join('|')})`;
}

const before = (source: string) => `(?<=${source})`;
const ahead = (source: string | undefined) => (source === undefined ? '' : `(?=${source})`);
