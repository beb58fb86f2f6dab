// `npm run watch`: bundles and types are kept up to date while you edit; Ctrl-C ends both.

import { spawn } from 'node:child_process';
import { node, root, setUp } from './setup.mjs';

setUp();
const programs = [
  [node, ['esbuild.mjs', '--watch', '--source-maps']],
  [node, ['node_modules/typescript/bin/tsc', '-b', '--watch', '--preserveWatchOutput']],
].map(([command, args]) => spawn(command, args, { cwd: root, stdio: 'inherit' }));
for (const program of programs) {
  program.on('exit', (status) => {
    for (const other of programs) other.kill();
    process.exitCode ||= status ?? 1;
  });
}
