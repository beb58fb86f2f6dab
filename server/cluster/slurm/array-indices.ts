// Indices of arrays, as sbatch takes them and squeue prints them: 0-5,9,12-14%20.

/** In order; runs become ranges. */
export function printIndices(indices: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < indices.length; ) {
    let end = i + 1;
    while (end < indices.length && indices[end] === indices[end - 1]! + 1) end++;
    ranges.push(end - i === 1 ? String(indices[i]) : `${indices[i]}-${indices[end - 1]}`);
    i = end;
  }
  return ranges.join(',');
}

/** Nothing for what is no list of indices. */
export function* parseIndices(text: string): Generator<number> {
  for (const range of text.replace(/%\d+$/, '').split(',')) {
    const [, first, last = first, step = '1'] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(range) ?? [];
    if (first === undefined) continue;
    for (let i = Number(first); i <= Number(last); i += Math.max(1, Number(step))) yield i;
  }
}
