// Every file below the places that are named ends in exactly one state, whatever lies there: held against a plain count
// of the folder's entries, on random trees.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { corpusLocations } from '../../../server/cli/corpus-options.ts';
import { leaveOutDuplicates } from '../../../server/corpus/duplicate-shards.ts';
import { FileTally } from '../../../server/corpus/file-tally.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { listPlaces } from '../../../server/corpus/shard.ts';
import { walkOptions } from '../../../server/corpus/walk-folder.ts';
import { scratchFolder } from '../../support/scratch.ts';

const signal = new AbortController().signal;
const git = (folder: string, ...words: readonly string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'core.quotePath=false', ...words], { encoding: 'utf8' });

/** States of all files by path; a file of rows is searched here. */
async function account(places: readonly string[], options = walkOptions()) {
  const { shards, passed } = listPlaces(places, undefined, options);
  const states = new Map<string, string>();
  const note = (path: string, state: string) => {
    assert(!states.has(path), `${path} is in two states`);
    states.set(path, state);
  };
  const counted = new FileTally();
  for (const shard of shards) {
    if (shard.format !== 'folder') {
      note(shard.path, 'rows');
      counted.add({ state: 'searched' }, shard.path);
      continue;
    }
    const onFile = (fate: Parameters<FileTally['add']>[0], path: string) => {
      counted.add(fate, path);
      note(path, fate.state === 'searched' ? 'document' : fate.reason);
    };
    let nDocuments = 0;
    const ignore = () => {};
    const reading = { signal, onBytes: ignore, onProblem: ignore, onFile };
    for await (const _ of readDocuments(shard, reading)) nDocuments++;
    assert.equal(nDocuments, [...states.values()].filter((state) => state === 'document').length);
  }
  for (const { path, reason } of passed.unsearched) note(path, reason);
  const sum = [...passed.counts, ...counted.all().counts].reduce((n, { nFiles }) => n + nFiles, 0);
  assert.equal(sum, states.size, 'the sums are those of the names');
  return states;
}

/** Everything that is no folder, by the plainest walk there is. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

const name = fc.constantFrom(
  'a',
  'b.py',
  'c.log',
  'build',
  'node_modules',
  '.git',
  'README.md',
  '.gitignore',
);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const content = fc.constantFrom(
  ...['x = 1\n', '', '*.log\nbuild/\n!keep\n', 'a\0b', '\x89PNG\r\n\0', '\ufeffutf'],
  `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 3\n`,
);
const entry = fc.oneof(
  fc.record({ path, content }),
  fc.record({ path: path.map((text) => `${text}.jsonl`), content: fc.constant('{"content":"x"}') }),
  fc.record({ path: path.map((text) => `${text}.part`), content }),
  fc.record({ path, link: path }),
  fc.record({ path, hardLink: path }),
);

test('every file of a random tree is in one state, and the sums are those of the tree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 14 }),
      fc.boolean(),
      async (entries, ignores) => {
        const tree = join(scratchFolder(), 'tree');
        mkdirSync(tree);
        writeFileSync(join(tree, 'first.py'), 'x');
        for (const made of entries) makeEntry(tree, made);
        const ignore = ignores ? 'honoured' : 'disregarded';
        const states = await account([tree], { ...walkOptions(), ignore });
        assert.deepEqual([...states.keys()].sort(), [...filesBelow(tree)].sort());
        if (!ignores) assert(![...states.values()].includes('ignored'));
      },
    ),
    { numRuns: 40 },
  );
});

function makeEntry(tree: string, made: { path: string; content?: string; link?: string; hardLink?: string }) {
  try {
    const at = join(tree, made.path);
    mkdirSync(dirname(at), { recursive: true });
    if (made.link !== undefined) symlinkSync(join(tree, made.link), at);
    else if (made.hardLink !== undefined) linkSync(join(tree, made.hardLink), at);
    else writeFileSync(at, made.content ?? '', { flag: 'wx' });
  } catch {
    // A file lies where a folder is wanted, or the other way round: then there is one thing less in the tree.
  }
}

function put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const below = (folder: string, states: ReadonlyMap<string, string>) =>
  Object.fromEntries([...states].map(([path, state]) => [path.slice(folder.length + 1), state]));

test('what git tracks is searched whatever its ignore files say, as git ls-files lists it', async () => {
  const folder = put(scratchFolder(), {
    '.gitignore': 'dist/\n*.gen.py\nnode_modules\n',
    'src/a.py': 'a',
    'src/é.gen.py': 'tracked',
    'src/new.gen.py': 'not tracked',
    'dist/deep/bundle.js': 'tracked',
    'dist/other.js': 'not tracked',
    'node_modules/kept/index.js': 'tracked',
    'node_modules/installed/index.js': 'not tracked',
    '.verbatimignore': 'vendor/\n',
    'vendor/x.c': 'tracked, and ours to leave out',
  });
  git(folder, 'init', '-q');
  const tracked = ['src', 'src/é.gen.py', 'dist/deep', 'node_modules/kept', 'vendor'];
  for (const version of [2, 3, 4]) {
    git(folder, 'add', '-f', ...tracked);
    git(folder, 'rm', '-q', '--cached', 'src/new.gen.py');
    git(folder, 'update-index', `--index-version=${version}`);
    const states = await account([folder]);
    const searched = [...states].flatMap(([path, state]) =>
      state === 'document' ? [path.slice(folder.length + 1)] : [],
    );
    const listed = git(folder, 'ls-files')
      .split('\n')
      .filter((path) => path && !path.startsWith('vendor'));
    assert.deepEqual(searched.sort(), listed.sort(), `version ${version}`);
  }
  const inside = below(join(folder, 'dist'), await account([join(folder, 'dist')]));
  assert.deepEqual(inside, { 'deep/bundle.js': 'document', 'other.js': 'document' });
});

test('the index of a submodule, of a linked and of a split one are read; a damaged one hides and breaks nothing', async () => {
  const folder = put(scratchFolder(), { 'main/.gitignore': '*.py\n', 'main/a.py': 'a', 'main/b.py': 'b' });
  const main = join(folder, 'main');
  git(main, 'init', '-q');
  git(main, 'add', '-f', 'a.py');
  const commit = ['-c', 'user.name=n', '-c', 'user.email=e@example.com', 'commit', '-q', '-m', 'm'];
  git(main, ...commit);
  git(main, 'update-index', '--split-index');
  writeFileSync(join(main, 'c.py'), 'c');
  git(main, 'add', '-f', 'c.py');
  const states = below(main, await account([main]));
  assert.deepEqual([states['a.py'], states['b.py'], states['c.py']], ['document', 'ignored', 'document']);
  git(main, 'worktree', 'add', '-q', '../linked');
  put(folder, { 'linked/.gitignore': '*.py\n' });
  assert.equal(below(join(folder, 'linked'), await account([join(folder, 'linked')]))['a.py'], 'document');
  for (const bytes of [
    '',
    'DIRC',
    `DIRC\0\0\0\x04\xff\xff\xff\xff${'x'.repeat(100)}`,
    'DIRC\0\0\0\x02\0\0\0\x01',
  ]) {
    writeFileSync(join(main, '.git/index'), bytes, 'latin1');
    const { problems = [] } = listPlaces([main]).shards.at(-1)!;
    assert.equal(problems.length, 1);
    assert.match(
      problems[0]!.message,
      /is no index of git that can be read: what its ignore files name is passed over/,
    );
    assert.equal(below(main, await account([main]))['a.py'], 'ignored');
  }
});

test('names that are no UTF-8, and names with line ends, are read under names of one kind', async () => {
  const folder = scratchFolder();
  const bytes = (...names: readonly string[]) => Buffer.from(join(folder, ...names), 'latin1');
  mkdirSync(bytes('r\xe9pertoire'));
  writeFileSync(bytes('r\xe9pertoire', 'b.py'), 'b');
  writeFileSync(bytes('caf\xe9.py'), 'a');
  writeFileSync(bytes('\xc3\xa9\xff.jsonl'), '{"content":"x"}');
  writeFileSync(bytes('plain \\xE9.py'), 'c');
  writeFileSync(bytes('new\nline.py'), 'd');
  assert.deepEqual(below(folder, await account([folder])), {
    'caf\\xE9.py': 'document',
    'new\nline.py': 'document',
    'plain \\xE9.py': 'document',
    'r\\xE9pertoire/b.py': 'document',
    'é\\xFF.jsonl': 'rows',
  });
});

test('a shard in two forms counts once, and one that only has the name of another is searched', async () => {
  const rows = '{"content":"x"}\n';
  const folder = put(scratchFolder(), {
    'a.jsonl': rows,
    'a.jsonl.gz': gzipSync(rows),
    'a.jsonl.zst': zstdCompressSync(rows),
    'b.jsonl': rows.repeat(2),
    'b.jsonl.gz': gzipSync(rows.repeat(3)),
  });
  const { shards, duplicates, passed } = await leaveOutDuplicates(listPlaces([folder]).shards, signal);
  assert.deepEqual(
    shards.map(({ name, index }) => [name, index]),
    [
      ['a.jsonl', 0],
      ['b.jsonl', 1],
      ['b.jsonl.gz', 2],
    ],
  );
  assert.match(
    duplicates[0]!,
    /a\.jsonl\.gz holds the same rows as .*a\.jsonl, in another form, and is left out/,
  );
  assert.deepEqual(passed.counts, [{ state: 'passed-over', reason: 'duplicate', nFiles: 2 }]);
});

test('a pattern that no shell has expanded stands for the files that it matches', () => {
  const folder = put(scratchFolder(), { 'a.jsonl': '', 'b.jsonl': '', 'c.txt': '', '[x].jsonl': '' });
  const at = (name: string) => join(folder, name);
  assert.deepEqual(corpusLocations([at('?.jsonl'), at('c.txt')]), [
    at('a.jsonl'),
    at('b.jsonl'),
    at('c.txt'),
  ]);
  assert.deepEqual(corpusLocations([at('[x].jsonl')]), [at('[x].jsonl')], 'what is there is meant as it is');
  assert.deepEqual(corpusLocations([at('*.parquet')]), [at('*.parquet')], 'and is refused by name later');
});
