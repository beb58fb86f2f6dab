// `npm run fuzz -- READER MINUTES`: on the Node that everything runs on.

import { installPackages, node, run } from './setup.mjs';

installPackages();
run('', node, ['test/fuzz/run.ts', ...process.argv.slice(2)]);
