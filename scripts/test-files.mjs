// Which test files there are, and which a word on the command line stands for.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** They mostly wait: for an editor, a browser, a cluster. */
const WAITING = /^test\/(e2e\/|host\/|server\/slurm)/;
/** A minute or two each, the longest first. */
const LONGEST = ['host/extension', 'e2e/journey', 'server/slurm', 'e2e/decorations', 'e2e/dashboard'];
/** Rooms with models and clusters, whose files take up to half a minute: a run that ended with one would leave a core idle. */
const LONG = /^test\/(server|unit\/(sampling|study))\//;
/** The share of the others that begins before the last of those that wait. */
const MEANWHILE = 0.6;

/**
 * All of them, those that wait spread out among those that compute: so no processor is idle while too many wait at once.
 * Short ones are at the end, so that the run waits for none.
 */
export function allTests(root) {
  const all = ['e2e', 'host', 'server'].flatMap((kind) => testsIn(root, `test/${kind}`));
  const rank = (file) => LONGEST.findIndex((name) => file === `test/${name}.test.ts`) + 1 || Infinity;
  const waiting = all.filter((file) => WAITING.test(file)).sort((a, b) => Math.sign(rank(a) - rank(b)) || 0);
  const computing = all.filter((file) => !WAITING.test(file)).concat(unitTests(root));
  const others = [
    ...computing.filter((file) => LONG.test(file)),
    ...computing.filter((file) => !LONG.test(file)),
  ];
  const nBetween = Math.ceil((MEANWHILE * others.length) / waiting.length);
  return waiting
    .flatMap((file, i) => [file, ...others.slice(i * nBetween, (i + 1) * nBetween)])
    .concat(others.slice(waiting.length * nBetween));
}

export const unitTests = (root) => testsIn(root, 'test/unit');

/** The files that the words choose. Throws an Error that names the rooms for a word that chooses none. */
export function chosenTests(root, words) {
  return words.flatMap((word) => {
    const files = testsOf(root, word.replaceAll('\\', '/').replace(/^\.\/|\/$/g, ''));
    if (files.length === 0)
      throw new Error(`No test belongs to "${word}". Rooms are: ${roomsOf(root).join(', ')}`);
    return files;
  });
}

function testsOf(root, path) {
  if (path.endsWith('.test.ts')) return existsSync(join(root, path)) ? [path] : [];
  if (path.startsWith('test/')) return testsIn(root, path);
  // `server/sampling/pick` has its tests in test/unit/sampling; those named after the inner room are meant.
  const [room = '', ...inner] = path.replace(/^server\//, '').split('/');
  const files = testsIn(root, `test/unit/${room}`);
  const named = files.filter((file) => inner.some((word) => file.includes(word.replace(/\.ts$/, ''))));
  return named.length > 0 ? named : files;
}

/** Suites that run inside an editor have an entry of their own, and packages of the host are not ours. */
function testsIn(root, folder) {
  const path = join(root, folder);
  if (!existsSync(path) || !statSync(path).isDirectory()) return [];
  return readdirSync(path, { recursive: folder.startsWith('test/unit') })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.test.ts'))
    .sort();
}

const roomsOf = (root) =>
  readdirSync(join(root, 'test/unit'))
    .map((name) => (existsSync(join(root, 'server', name)) ? `server/${name}` : `test/unit/${name}`))
    .sort();
