// `npm test`: set-up if needed, then lint, formatting, types and every test: unit, server, the real
// VS Code and a real browser. Arguments choose test files or rooms: `npm test -- test/server/score-cli.test.ts`.

import { join } from 'node:path';
import { installPackages, makePrograms, node, root, run, runBeside } from './setup.mjs';
import { allTests, chosenTests } from './test-files.mjs';

const chosen = chosenTests(root, process.argv.slice(2));
const isWhole = chosen.length === 0;

const beside = [];
// It mostly waits for the network.
if (isWhole) beside.push(runBeside('Setting up the editor', process.execPath, ['scripts/set-up-editor.mjs']));
installPackages();
if (isWhole) {
  beside.push(
    runBeside('Checking types', 'node_modules/.bin/tsc', ['-b']),
    runBeside('Checking lint and formatting', 'node_modules/.bin/biome', ['check', '.']),
  );
}
await Promise.all([...beside, ...makePrograms()]);
// What set-up has just bundled is what the tests start: a bundle's threads begin in half the time.
const env = { ...process.env, VERBATIM_BUNDLES: join(root, 'dist') };
run('Testing', node, ['scripts/run-tests.mjs', ...(isWhole ? allTests(root) : chosen)], { env });
