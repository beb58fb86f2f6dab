// `npm start`: set-up if needed, then the demo study and its report.

import { spawnSync } from 'node:child_process';
import { node, root, setUp } from './setup.mjs';

setUp();
console.error('Running the demo study …');
const { status } = spawnSync(node, ['dist/cli.js', 'demo', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
