// Runs the parts of a benchmark that VERBATIM_BENCH_PARTS names, with commas between them, or all.

export type Parts = Readonly<Record<string, () => void | Promise<void>>>;

export async function runParts(parts: Parts): Promise<void> {
  const chosen = process.env.VERBATIM_BENCH_PARTS?.split(',') ?? Object.keys(parts);
  const unknown = chosen.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) {
    throw new Error(`There is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}.`);
  }
  for (const name of chosen) await parts[name]!();
}
