// What the command line says to a mistake: it names the thing and the way out, and leaves nothing behind.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cli, demoModel, startCli } from '../support/cli.ts';
import { scratchFolder } from '../support/scratch.ts';
import { smallDisk } from '../support/small-disk.ts';

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
writeFileSync(at('outputs.jsonl'), `${JSON.stringify({ text: 'one\ntwo\nthree\n' })}\n`);
writeFileSync(at('plan.json'), JSON.stringify({ model: demoModel, corpus: 'corpus', topK: [] }));
writeFileSync(
  at('clash.json'),
  JSON.stringify({ model: ['./a model', './a_model'], corpus: 'corpus', samples: 2 }),
);
mkdirSync(at('corpus'));
writeFileSync(join(folder, 'corpus', 'a.txt'), 'one\ntwo\nthree\n');
mkdirSync(at('odd/index.json'), { recursive: true });
const scan = ['scan', '--samples', at('outputs.jsonl'), '--corpus', at('corpus'), '--min-lines', '2'];

const mistakes: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['stduy'], /unknown command 'stduy'\n\(Did you mean study\?\)/],
  [['study', '--modle', 'x'], /unknown option '--modle'\n\(Did you mean --model\?\)/],
  [['study', '--model', 'x'], /--corpus <path\|name\.\.\.> and --out <file> are needed/],
  [['study', '--plan', at('plan.json'), '--samples', '3'], /'--plan <file>' cannot be used with .*--samples/],
  [
    ['study', '--plan', at('plan.json'), '--out', at('x')],
    /"topK" of the plan is \[\], but must be a whole number/,
  ],
  [
    ['study', '--plan', at('clash.json'), '--out', at('x')],
    /Two studies of the plan would be the file .*x\.model=\._a_model\.sqlite/,
  ],
  [
    ['study', '--plan', at('none.json'), '--out', at('x')],
    /none\.json cannot be read \(there is no such file/,
  ],
  [[...scan, '--out', at('x'), '--batch', '0'], /auto, or a whole number from 1/],
  [[...scan, '--out', at('x'), '--workers', '0'], /auto, or a whole number from 1/],
  [
    ['study', '--model', at('m'), '--corpus', at('c'), '--out', at('x')],
    /folder .*m does not exist; .*path .*c does/,
  ],
  [
    ['scan', '--samples', at('s'), '--corpus', at('corpus'), '--out', at('x')],
    /samples path .*s does not exist/,
  ],
  [['report', folder], /is a folder, and a study is a file/],
  [['report', at('none.sqlite')], /There is no study at .*none\.sqlite/],
  [['report', at('outputs.jsonl')], /is no Verbatim study/],
  [['index', 'nothing'], /unknown command 'nothing'/],
  [['index', 'check', at('x')], /missing required argument 'file'\n\(run with --help/],
  [['index', 'remove', at('x')], /--shard <name\.\.\.> is needed/],
  [['index', 'check', at('x'), at('none.py')], /There is no file at .*none\.py\n {2}Check the path/],
  [['index', 'check', at('x'), folder], /is a folder, and only files are read\n {2}/],
  [['index', 'check', at('corpus'), at('plan.json')], /corpus holds no index\n {2}Build one: verbatim index/],
  [['index', 'info', at('odd')], /index\.json is a folder, and only files are read\n {2}/],
  [['index', 'add', at('x'), '--corpus', at('corpus')], /x holds no index\n {2}Build one/],
  [['index', 'remove', at('x'), '--shard', 'a'], /x holds no index\n {2}Build one/],
  [['index', 'merge', at('x')], /x holds no index\n {2}Build one/],
  [['index', 'repair', at('x')], /x holds no index\n {2}Build one/],
  [['index', 'build', '--corpus', at('none'), '--to', at('x')], /corpus path .*none does not exist/],
  [
    ['index', 'build', '--corpus', at('corpus'), '--to', at('odd2'), '--min-lines', '10001'],
    /windows of 10000 lines at most, and not of 10001\n {2}Build it for fewer/,
  ],
];

for (const [args, says] of mistakes) {
  test(`verbatim ${args.map((arg) => arg.replace(folder, '…')).join(' ')}`, async () => {
    const before = readdirSync(folder);
    const { exitCode, stdout, stderr } = await cli(...args);
    assert.equal(exitCode, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, says);
    assert.deepEqual(readdirSync(folder), before);
  });
}

test('what the operating system refuses is no bug', async () => {
  assert.equal((await cli(...scan, '--out', at('study.sqlite'))).exitCode, 0);
  const { exitCode, stderr } = await cli('baseline', at('study.sqlite'), '--file', at('corpus'));
  assert.equal(exitCode, 1, stderr);
  assert.match(stderr, /^verbatim: .*corpus: it is a folder\n {2}Name a file/);
  const exported = await cli('export', at('study.sqlite'), '--to', at('outputs.jsonl'));
  assert.equal(exported.exitCode, 1);
  assert.match(
    exported.stderr,
    /^verbatim: .*outputs\.jsonl.*: it is there already\n {2}Choose another name/,
  );
  const unknown = await cli('rows', at('study.sqlite'), '--fragment', 'abc');
  assert.match(unknown.stderr, /holds no fragment abc/);
});

test('a study is read where nothing can be written', async (t) => {
  const disk = smallDisk(8e6);
  if (!disk) return t.skip('takes the right to mount');
  const study = join(disk.folder, 'study.sqlite');
  cpSync(at('study.sqlite'), study);
  disk.makeReadOnly();
  const [here, there] = [await cli('report', at('study.sqlite')), await cli('report', study)];
  assert.equal(there.exitCode, 0, there.stderr);
  assert.equal(there.stdout, here.stdout.replaceAll(at('study.sqlite'), study));
  const { exitCode, stderr } = await cli(...scan, '--out', join(disk.folder, 'other.sqlite'));
  assert.equal(exitCode, 2, stderr);
  assert.match(stderr, /other\.sqlite cannot be opened/);
});

test('a reader that has had enough ends the command without a word', async () => {
  const { child, result } = startCli('report', at('study.sqlite'), '--format', 'json');
  child.stdout?.destroy();
  const { exitCode, stderr } = await result;
  assert.equal(stderr, '');
  assert.equal(exitCode, 1);
});

test('a study that failed before it held anything is no other study for the next command', async () => {
  const out = ['--out', at('offline.sqlite'), '--no-fetch'];
  const failed = await cli('study', '--model', 'nobody/nothing', '--corpus', at('corpus'), ...out);
  assert.notEqual(failed.exitCode, 0);
  assert.match(failed.stderr, /^note: nothing is at nobody\/nothing here, so it is looked for on the .* Hub/);
  const next = await cli(...scan, ...out);
  assert.equal(next.exitCode, 0, next.stderr);
});

test('a model can be sampled before its training data is named', async () => {
  const sampling = ['--model', demoModel, '--samples', '2', '--max-tokens', '8', '--out', at('later.sqlite')];
  assert.equal((await cli('sample', ...sampling)).exitCode, 0);
  const between = await cli('report', at('later.sqlite'));
  assert.equal(between.exitCode, 3);
  assert.match(between.stdout, /no training data is named/);
  const study = await cli('study', ...sampling, '--corpus', at('corpus'));
  assert.equal(study.exitCode, 0, study.stderr);
  const other = await cli('study', ...sampling, '--corpus', folder);
  assert.match(other.stderr, /holds another study: corpus was/);
});
