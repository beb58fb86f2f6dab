// What `contained` and the names' check let through, tried on random trees of folders and links, on Windows' names,
// and against what the operating system itself does with the same path.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, posix, sep, win32 } from 'node:path';
import { test } from 'node:test';
import {
  canBeTold,
  contained,
  containedPath,
  couldBeInside,
  isBelow,
  surelyOutside,
} from '../../../guard/paths/contained.ts';
import { isSafeFileName, isSafeRelativePath, refuseRelativePath } from '../../../guard/paths/file-name.ts';
import { findProgram } from '../../../guard/paths/find-program.ts';
import { IrregularFile, openRegularFile, openRegularFileSync } from '../../../guard/paths/regular-file.ts';
import { randomSource } from '../../../server/analysis/random.ts';
import { inCi } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const N_TREES = inCi ? 100 : 25;

test('what random trees and paths contain is what the operating system does with them', () => {
  const counts = { inside: 0, outside: 0, created: 0 };
  const all = realpathSync(scratchFolder());
  for (let seed = 1; seed <= N_TREES; seed++) {
    const random = randomSource(seed);
    const top = join(all, String(seed));
    const pick = <T>(of: readonly T[]): T => of[random.below(of.length)]!;
    const names = ['root', 'roo', 'rooted', 'a', 'b'];
    for (let n = 0; n < 6; n++)
      mkdirSync(join(top, pick(names), pick(names), pick(names)), { recursive: true });
    mkdirSync(join(top, 'root'), { recursive: true });
    const targets = ['..', '../..', '.', '../root', '../a', 'a', '/', top, join(top, 'b'), 'gone', '../gone'];
    for (let n = 0; n < 6; n++) {
      const link = join(top, pick(names), pick([...names, '']), `l${n}`);
      if (existsSync(dirname(link))) symlinkSync(pick(targets), link);
    }
    const parts = [...names, 'l0', 'l1', 'l2', 'l3', 'l4', 'l5', '..', '.', 'new'];
    for (let n = 0; n < 40; n++) {
      const words = Array.from({ length: 1 + random.below(4) }, () => pick(parts));
      const path = pick([words.join('/'), join(top, words.join('/')), `${top}/root/${words.join('//')}`]);
      const root = pick([join(top, 'root'), join(top, 'root'), join(top, 'root', 'a'), `${top}/root/`]);
      const found = containedPath(root, path);
      if (found === undefined) counts.outside++;
      if (found === undefined || !existsSync(root)) continue;
      counts.inside++;
      const written = path.startsWith('/') ? path : `${root}/${path}`;
      if (existsSync(written)) {
        assert.equal(found, realpathSync(written), `${seed}: ${path}`);
        continue;
      }
      // What does not exist yet is made where the caller would make it, and must have landed inside.
      try {
        mkdirSync(dirname(found), { recursive: true });
        writeFileSync(found, '');
      } catch {
        continue; // Below a file.
      }
      counts.created++;
      const landed = realpathSync(found);
      assert.ok(landed.startsWith(realpathSync(root) + sep), `${seed}: ${path} in ${root} became ${landed}`);
      unlinkSync(found);
    }
  }
  for (const [what, n] of Object.entries(counts)) assert.ok(n > 2 * N_TREES, `only ${n} ${what}`);
});

test('what exists inside is inside, by any way that leads there', () => {
  const top = scratchFolder();
  mkdirSync(join(top, 'root', 'below'), { recursive: true });
  writeFileSync(join(top, 'root', 'below', 'file'), '');
  symlinkSync(join(top, 'root'), join(top, 'also-root'));
  symlinkSync('below', join(top, 'root', 'inside'));
  const root = join(top, 'root');
  for (const path of [
    'below/file',
    './below/../below/file',
    'inside/file',
    join(top, 'also-root', 'inside', 'file'),
    '',
    '.',
    root,
    'not/yet/there',
  ]) {
    assert.equal(contained(root, path), path !== '', path);
    assert.equal(contained(join(top, 'also-root'), path), path !== '', path);
  }
  assert.ok(contained('/', '/etc/passwd'), 'everything lies in the root of the file system');
  assert.ok(!contained('/etc', '/'), 'and the root in nothing but itself');
});

test('links out, links to nothing, neighbours of a similar name and NUL are outside', () => {
  const top = scratchFolder();
  mkdirSync(join(top, 'root', 'deep'), { recursive: true });
  mkdirSync(join(top, 'root-too'));
  writeFileSync(join(top, 'secret'), '');
  symlinkSync('..', join(top, 'root', 'up'));
  symlinkSync('../secret', join(top, 'root', 'leaf'));
  symlinkSync('../not-there', join(top, 'root', 'nowhere'));
  symlinkSync('circle', join(top, 'root', 'circle'));
  symlinkSync('deep', join(top, 'root', 'inner'));
  for (const path of [
    '..',
    '../secret',
    'up/secret',
    'leaf',
    'nowhere',
    'nowhere/file',
    'circle',
    'up/new-file',
    'inner/../../secret',
    '../root-too',
    'deep/\0',
    '/etc/passwd',
  ]) {
    assert.equal(containedPath(join(top, 'root'), path), undefined, JSON.stringify(path));
  }
});

test('outside is what surely leads elsewhere: no path is both, and of some nobody can say', () => {
  const top = scratchFolder();
  for (const folder of ['root/deep', 'root-too', 'other/c'])
    mkdirSync(join(top, folder), { recursive: true });
  writeFileSync(join(top, 'secret'), '');
  symlinkSync('../secret', join(top, 'root', 'leaf'));
  symlinkSync('../root', join(top, 'other', 'back'));
  symlinkSync('circle', join(top, 'other', 'circle'));
  symlinkSync('../root/not-there', join(top, 'other', 'nowhere'));
  symlinkSync(join(top, 'root', 'deep'), join(top, 'other', 'c', 'in'));
  const root = join(top, 'root');
  const at = (path: string) => `${top}/${path}`;
  for (const path of [
    'secret',
    'root-too',
    'root-too/new',
    'root/leaf',
    'root/../secret',
    'other/c/../../secret',
  ])
    assert.ok(surelyOutside(root, at(path)), path);
  for (const path of [
    'root',
    'root/deep',
    'other/back',
    'other/back/deep/new',
    'root-too/../root/deep',
    'secret/../root',
    'other/circle',
    'other/nowhere',
    'other/c/in/../x',
    'x\0',
  ])
    assert.ok(!surelyOutside(root, at(path)), path);
  assert.ok(!surelyOutside(root, ''));
  assert.ok(!surelyOutside('/', '/etc/passwd') && surelyOutside('/etc', '/'));
  for (const path of [
    '\\\\evil\\share\\x',
    '//evil/share/x',
    '\\\\.\\pipe\\x',
    'D:\\nul',
    'D:\\a:b',
    'D:\\a.',
  ])
    assert.ok(!canBeTold(win32, 'C:\\work', win32.resolve('C:\\work', path), path), path);
  assert.ok(canBeTold(win32, 'C:\\work', 'D:\\x', 'D:\\x'));
});

test('a way up through a link is taken as the operating system takes it', () => {
  const top = scratchFolder();
  mkdirSync(join(top, 'root', 'a', 'b'), { recursive: true });
  mkdirSync(join(top, 'other', 'c'), { recursive: true });
  symlinkSync(join(top, 'other', 'c'), join(top, 'root', 'link'));
  // To its letters this is root/file, and the operating system opens other/file.
  assert.equal(containedPath(join(top, 'root'), 'link/../file'), undefined);
});

test('Windows: drives have no case, shares and devices are never looked at', () => {
  const inside = (root: string, path: string) => couldBeInside(win32, root, win32.resolve(root, path), path);
  assert.ok(inside('C:\\work', 'a\\b.txt'));
  assert.ok(inside('C:\\work', 'c:\\work\\a'));
  assert.ok(inside('\\\\host\\share\\work', 'a'));
  for (const path of [
    '\\\\evil\\share\\x',
    '//evil/share/x',
    '\\\\?\\C:\\work\\x',
    '\\\\.\\pipe\\x',
    'D:\\x',
    'nul',
    'sub\\COM1.txt',
    'file.txt:stream',
    'dir.\\x',
    'trailing ',
  ]) {
    assert.ok(!inside('C:\\work', path), path);
  }
  assert.ok(isBelow(win32, 'C:\\work', 'c:\\work\\a'));
  assert.ok(isBelow(win32, 'C:\\', 'C:\\anything'));
  assert.ok(!isBelow(win32, 'C:\\work', 'C:\\workshop'));
  assert.ok(!isBelow(win32, 'C:\\', 'D:\\anything'));
  assert.ok(isBelow(posix, '/', '/x'));
  assert.ok(!isBelow(posix, '/x', '/'));
  assert.ok(!isBelow(posix, '/X', '/x/y'));
});

test('names: only those that every system takes as they are', () => {
  for (const name of [
    'a',
    'train-00000-of-00001.parquet',
    '.hidden',
    'Ünïcode',
    'console.txt',
    'com.txt',
    'a b',
    '-x',
  ])
    assert.ok(isSafeFileName(name), name);
  for (const name of [
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    '/',
    'a\0',
    'a\n',
    '\x1b[2J',
    'nul',
    'NUL.tar.gz',
    'com1',
    'aux .c',
  ]) {
    assert.ok(!isSafeFileName(name), JSON.stringify(name));
  }
  for (const name of ['a.', 'a ', 'c:x', 'a?', 'a\u0085', 'x'.repeat(256), 'é'.repeat(128), '\ud800'])
    assert.ok(!isSafeFileName(name), JSON.stringify(name));
  assert.ok(isSafeRelativePath('data/train/part-0.parquet'));
  for (const path of ['', '/etc', 'a//b', 'a/', 'a/../b', '../b', 'C:/x', 'a\\..\\b', 'a/nul/b'])
    assert.ok(!isSafeRelativePath(path), path);
  assert.equal(refuseRelativePath('a/../b'), 'has a part that is a folder and no name');
});

test('random names that are taken stay one name in their folder', () => {
  const random = randomSource(7);
  const alphabet = [
    'a',
    '.',
    '..',
    '/',
    '\\',
    ' ',
    ':',
    '\0',
    '\n',
    '%',
    '~',
    'nul',
    'é',
    '\u202e',
    '\ud800',
  ];
  let nSafe = 0;
  for (let n = 0; n < 3000; n++) {
    const name = Array.from(
      { length: 1 + random.below(4) },
      () => alphabet[random.below(alphabet.length)],
    ).join('');
    if (!isSafeFileName(name)) continue;
    nSafe++;
    for (const flavour of [posix, win32]) {
      const folder = flavour === posix ? '/out' : 'C:\\out';
      assert.equal(flavour.dirname(flavour.resolve(folder, name)), folder, JSON.stringify(name));
      assert.equal(flavour.basename(flavour.resolve(folder, name)), name, JSON.stringify(name));
    }
  }
  assert.ok(nSafe > 300, String(nSafe));
});

test('pipes, sockets, devices and folders are refused at once, by what they are', async () => {
  const folder = scratchFolder();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const socket = join(folder, 'socket');
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  const link = join(folder, 'link');
  symlinkSync(pipe, link);
  try {
    for (const [path, what] of [
      [pipe, 'a named pipe'],
      [link, 'a named pipe'],
      [socket, 'a socket'],
      ['/dev/zero', 'a device'],
      [folder, 'a folder'],
    ] as const) {
      const refusal = (error: unknown) =>
        error instanceof IrregularFile && error.message.includes(`is ${what},`);
      await assert.rejects(openRegularFile(path), refusal);
      assert.throws(() => openRegularFileSync(path), refusal);
    }
  } finally {
    server.close();
  }
  const file = join(folder, 'file');
  writeFileSync(file, 'text');
  const handle = await openRegularFile(file);
  assert.equal(String(await handle.readFile()), 'text');
  await handle.close();
  const linked = join(folder, 'linked');
  symlinkSync(file, linked);
  assert.ok(statSync(linked).isFile());
  assert.throws(() => openRegularFileSync(linked, 'refuse'), { code: 'ELOOP' });
});

test('a program is not started from the working folder', () => {
  const there = [
    'git.exe',
    '.\\git.exe',
    'tools\\git.exe',
    '\\git.exe',
    'C:git.exe',
    'C:\\Git\\cmd\\git.exe',
  ];
  const exists = (path: string) => there.includes(path);
  const find = (PATH: string) =>
    findProgram('git', { platform: 'win32', env: { PATH, SystemRoot: 'D:\\W' }, exists });
  assert.equal(find(';.;tools;\\;C:;"C:\\Git\\cmd"'), 'C:\\Git\\cmd\\git.exe');
  assert.equal(find('.'), 'D:\\W\\System32\\git.exe');
  assert.equal(findProgram('git', { platform: 'linux', env: {}, exists }), 'git');
});
