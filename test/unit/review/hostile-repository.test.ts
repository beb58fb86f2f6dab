// A repository that names programs wherever git lets it: none of them is run when its lines are chosen.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseLines } from '../../../server/review/choose-lines.ts';
import { scratchFolder } from '../../support/scratch.ts';

const ran = join(scratchFolder(), 'ran');
const repository = join(scratchFolder(), 'repository');
mkdirSync(ran);

const author = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a' };
const env = { ...process.env, ...author, GIT_COMMITTER_EMAIL: 'a@b' };
const gitIn = (folder: string, ...args: string[]) =>
  execFileSync('git', args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const git = (...args: string[]) => gitIn(repository, ...args);
const write = (type: string, input: string | Buffer) =>
  execFileSync('git', ['hash-object', '-t', type, '-w', '--literally', '--stdin'], {
    cwd: repository,
    input,
    encoding: 'utf8',
  }).trim();

/** Makes any object the note of a commit, be it none that is there. */
function note(commit: string, object: string): void {
  const tree = write('tree', Buffer.concat([Buffer.from(`100644 ${commit}\0`), Buffer.from(object, 'hex')]));
  git('update-ref', 'refs/notes/ai', git('commit-tree', tree, '-m', 'notes'));
}

const program = (name: string) => `touch '${join(ran, name)}'; cat`;

test('no program that a repository names is run', { skip: process.platform === 'win32' }, async () => {
  const inner = join(repository, 'inner');
  mkdirSync(inner, { recursive: true });
  git('init', '-q', '-b', 'main');
  gitIn(inner, 'init', '-q', '-b', 'main');
  const files = [join(repository, 'a.txt'), join(inner, 'b.txt')] as const;
  for (const file of files) writeFileSync(file, 'one\n');
  gitIn(inner, 'add', '.');
  gitIn(inner, 'commit', '-qm', 'inner');
  git('add', 'a.txt', 'inner');
  git('commit', '-qm', 'one');
  const head = git('rev-parse', 'HEAD');
  // A note can be any object, and a commit is shown otherwise than a text.
  const signed = git('cat-file', 'commit', 'HEAD').replace(
    '\n\n',
    '\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\n',
  );
  const commit = write('commit', `${signed}\n`);
  note(head, commit);
  for (const folder of [repository, inner]) {
    const name = folder === repository ? 'outer' : 'inner';
    const set = (key: string, value: string) => gitIn(folder, 'config', key, value);
    set('core.fsmonitor', program(`${name}-fsmonitor`));
    set('filter.one.clean', program(`${name}-clean`));
    set('filter.two.more.process', program(`${name}-process`));
    set('filter.two.more.required', 'true');
    set('diff.external', program(`${name}-external`));
    set('diff.one.command', program(`${name}-command`));
    set('diff.one.textconv', program(`${name}-textconv`));
    set('log.showSignature', 'true');
    set('gpg.program', program(`${name}-gpg`));
    set('core.pager', program(`${name}-pager`));
    writeFileSync(
      join(folder, '.gitattributes'),
      '*.txt filter=one diff=one\n*.c filter=two.more diff=one\n',
    );
    writeFileSync(join(folder, 'new.c'), 'new\n');
  }
  for (const file of files) appendFileSync(file, 'two\n');
  const choose = (aiLines?: 'git-ai') =>
    chooseLines(
      { folder: repository, files: [], changedSince: 'HEAD', aiLines },
      AbortSignal.timeout(60_000),
    );
  assert.deepEqual(
    (await choose()).files.map(({ path }) => path.slice(repository.length + 1)),
    ['a.txt', '.gitattributes', 'new.c'],
  );
  assert.deepEqual((await choose('git-ai')).files, []);
  // What is missing would be fetched by a program.
  git('config', 'core.repositoryFormatVersion', '1');
  git('config', 'extensions.partialClone', 'far');
  git('config', 'remote.far.promisor', 'true');
  git('config', 'remote.far.url', `ext::sh -c "touch '${join(ran, 'fetched')}'"`);
  git('config', 'protocol.ext.allow', 'always');
  note(head, '0123456789012345678901234567890123456789');
  assert.deepEqual((await choose('git-ai')).files, []);
  assert.deepEqual(readdirSync(ran, { encoding: 'utf8' }), []);
});
