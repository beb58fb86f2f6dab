// What the commands of an index say to people: what was not looked up is not said to be missing from the corpus, and
// whatever is wrong comes with what to do next.

import assert from 'node:assert/strict';
import { cpSync, existsSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cli, demoModel } from '../support/cli.ts';
import { build, writeShard } from '../support/indexed-corpus.ts';
import { scratchFolder } from '../support/scratch.ts';

const folder = scratchFolder();
const at = (...names: string[]) => join(folder, ...names);
const rule = { minLines: 6, profile: 'exact-1' as const };
const text = Array.from({ length: 12 }, (_, i) => `call(${i * 7919});\n`).join('');
const document = { repository: 'o/r', path: 'a.c', license: 'MIT', text };
const shard = writeShard(at('corpus'), 'a.jsonl', [document]);
writeFileSync(at('known.c'), text);
writeFileSync(at('short.c'), 'one();\n');
await build(at('index'), [shard], rule);

test('a text that is too short was not looked up', async () => {
  const { exitCode, stdout } = await cli('index', 'check', at('index'), at('short.c'));
  assert.equal(exitCode, 0);
  assert.match(
    stdout,
    /^note: The text has fewer than 6 significant lines.*\nNothing of it was looked up\.\n$/,
  );
});

test('an index without documents says so', async () => {
  writeFileSync(at('broken.jsonl'), 'no json\n'.repeat(8));
  const built = await cli('index', 'build', '--corpus', at('broken.jsonl'), '--to', at('none'));
  assert.equal(built.exitCode, 3);
  const checked = await cli('index', 'check', at('none'), at('known.c'));
  assert.match(checked.stdout, /^note: The index holds no document of 6 significant lines/);
  const { stdout } = await cli('index', 'info', at('none'));
  assert.match(
    stdout,
    /broken\.jsonl: 0 rows, 8 problems\n( {4}.*broken\.jsonl.* no JSON object\n){5} {4}and 3 more problems\n/,
  );
});

test('a corpus that is gone, was moved or copied is told with what to do', async () => {
  const check = (...args: string[]) => cli('index', 'check', at('index'), at('known.c'), ...args);
  renameSync(at('corpus'), at('moved'));
  const gone = await check();
  assert.equal(gone.exitCode, 3);
  assert.match(
    gone.stdout,
    /a\.jsonl is gone\n.*not what was indexed\.\n {2}Moved: name its folder with --root\. Changed: verbatim index add /,
  );
  assert.match(
    (await cli('index', 'info', at('index'))).stdout,
    /Gone for good: verbatim index remove .* --shard NAME/,
  );
  const mistyped = await check('--root', at('movd'));
  assert.equal(mistyped.exitCode, 2);
  assert.match(mistyped.stderr, /There is no folder at .*movd\n {2}Give --root the folder/);
  assert.equal((await check('--root', at('moved'))).exitCode, 0);
  cpSync(at('moved'), at('copied'), { recursive: true });
  utimesSync(at('copied', 'a.jsonl'), 1e9, 1e9);
  assert.match((await check('--root', at('copied'))).stdout, /was copied without its time/);
});

test('an index that is of no use to a study is told before anything is sampled', async () => {
  const study = [
    'study',
    '--model',
    demoModel,
    '--corpus',
    at('moved'),
    '--samples',
    '2',
    '--max-tokens',
    '8',
  ];
  for (const [index, says, ...more] of [
    [at('nowhere'), /nowhere holds no index/],
    [at('index'), /windows of 6 lines under exact-1, and the study asks for 5/, '--min-lines', '5'],
  ] as const) {
    const { exitCode, stderr } = await cli(...study, '--out', at('s.sqlite'), '--index', index, ...more);
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, says);
    assert.ok(!existsSync(at('s.sqlite')), 'nothing was begun');
  }
  rmSync(at('moved'), { recursive: true });
});
