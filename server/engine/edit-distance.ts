// How many tokens must be inserted, deleted or replaced to make one text of the other (Levenshtein 1966).

export function editDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let above = Uint32Array.from({ length: b.length + 1 }, (_, column) => column);
  let row = new Uint32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    row[0] = i + 1;
    for (let k = 0; k < b.length; k++) {
      const replaced = above[k]! + (a[i] === b[k] ? 0 : 1);
      row[k + 1] = Math.min(replaced, above[k + 1]! + 1, row[k]! + 1);
    }
    [above, row] = [row, above];
  }
  return above[b.length]!;
}
