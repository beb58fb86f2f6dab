// `npm run bench [-- NAME…]`: the benchmarks, one JSON line a figure on standard output.

import { node, run, setUp } from './setup.mjs';

setUp();
run('Measuring', node, ['test/bench/run.ts', ...process.argv.slice(2)]);
