// Runs the benchmarks named on the command line, or all. Each exports `run(emit)` and is a ratio against a
// reference of the same run wherever speed is claimed.

import { readdirSync } from 'node:fs';

interface Benchmark {
  run(emit: (figure: object) => void, options: { readonly isLong: boolean }): Promise<void>;
}

/** A file is a benchmark if its name has no dash: the others are parts of one. */
const known = readdirSync(import.meta.dirname)
  .filter((name) => /^[a-z]+\.ts$/.test(name) && name !== 'run.ts')
  .map((name) => name.replace('.ts', ''));

const words = process.argv.slice(2);
const isLong = words.includes('--long');
const names = words.filter((word) => word !== '--long');
const chosen = names.length > 0 ? names : known;
const unknown = chosen.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}.`);
  process.exit(2);
}
for (const name of chosen) {
  const benchmark: Benchmark = await import(`./${name}.ts`);
  await benchmark.run((figure) => console.log(JSON.stringify({ bench: name, ...figure })), {
    isLong,
  });
}
