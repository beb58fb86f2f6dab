// `npm run test:unit [-- ROOM…]`: unit tests alone, without bundling or checks, for the seconds between two
// edits. A room is a folder of the source (`server/engine`), a folder of the tests, or a test file.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages, node, root, run, setUp } from './setup.mjs';
import { chosenTests, unitTests } from './test-files.mjs';

const chosen = chosenTests(root, process.argv.slice(2));
// Tests of packages and of the demo read bundles; the others need only the scan kernel.
if (!existsSync(join(root, 'dist', 'demo-corpus'))) setUp();
installPackages();
run('', node, ['server/kernel/build-wasm.mjs']);
run('', node, ['scripts/run-tests.mjs', ...(chosen.length === 0 ? unitTests(root) : chosen)]);
