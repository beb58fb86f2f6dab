// Which test files there are, and which a word on the command line stands for.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** All of them. The slow ones come first: they overlap with the rest. */
export const allTests = (root) =>
  ['e2e', 'host', 'server'].flatMap((kind) => testsIn(root, `test/${kind}`)).concat(unitTests(root));

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
