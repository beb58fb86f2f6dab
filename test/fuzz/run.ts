// `npm run fuzz -- READER MINUTES [SEED [ITERATION]]`: mutates inputs of one reader, or of all of them side by side.

import { availableParallelism } from 'node:os';
import { type FuzzRequest, fuzzReader } from './fuzz-reader.ts';
import { readers } from './harnesses.ts';

const [reader = '', minutes = '1', seed, iteration] = process.argv.slice(2);
const chosen = reader === 'all' ? readers : [reader];
if (!chosen.every((one) => readers.includes(one)) || !(Number(minutes) > 0)) {
  console.error(`npm run fuzz -- READER MINUTES [SEED [ITERATION]]\nReaders: ${readers.join(', ')}, all`);
  process.exit(2);
}
const request: Omit<FuzzRequest, 'reader'> = {
  seed: seed === undefined ? Date.now() % 1_000_000_000 : Number(seed),
  first: Number(iteration ?? 0),
  seconds: 60 * Number(minutes),
  count: iteration === undefined ? Number.POSITIVE_INFINITY : 1,
};
const waiting = [...chosen];
const lanes = Array.from({ length: Math.min(availableParallelism(), waiting.length) }, async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { nInputs, nRefused } = await fuzzReader({ ...request, reader: next });
    console.error(`${next}: ${nInputs} inputs, ${nRefused} of them refused, seed ${request.seed}`);
  }
});
const results = await Promise.allSettled(lanes);
for (const result of results) {
  if (result.status === 'fulfilled') continue;
  console.error(result.reason.message, result.reason.cause);
  process.exitCode = 1;
}
