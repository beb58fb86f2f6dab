// Runs the packagers of VS Code and npm on a staged folder, so that the same folder gives the same bytes.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Leaves name-version.tgz in `out`, with the times that npm gives to every package. */
export const packNpm = (stage, out, seconds) =>
  command('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', out], stage, seconds, {
    shell: process.platform === 'win32',
  });

/**
 * Its search for secrets marks every rule of every file, and searches all marks for each: half of its time, for a profile
 * that nobody asks for.
 */
const UNMARKED = `data:text/javascript,import { performance } from 'node:perf_hooks'; performance.mark = () => {};`;

/** `seconds` since 1970 is the time of every file inside. */
export const packVsix = (stage, target, file, seconds) =>
  command(
    process.execPath,
    [
      ...['--import', UNMARKED],
      join(root, 'node_modules', '@vscode', 'vsce', 'vsce'),
      ...['package', '--target', target, '--out', file, '--no-dependencies', '--no-update-package-json'],
      ...['--allow-missing-repository', '--no-rewrite-relative-links'],
    ],
    stage,
    seconds,
  );

/** Says what the program said only when it fails. */
function command(program, args, cwd, seconds, options = {}) {
  // vsce takes the files' time from SOURCE_DATE_EPOCH, and zip files hold local times.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds), TZ: 'UTC' };
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done() : fail(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)),
    );
  });
}
