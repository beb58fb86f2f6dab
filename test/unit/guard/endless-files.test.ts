// Pipes where a reader expects a file: nobody ever writes into them, and a reader that opened one would wait for ever.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { describeFolder } from '../../../server/corpus/folder-provenance.ts';
import { walkFolder } from '../../../server/corpus/walk-folder.ts';
import { UserError } from '../../../server/errors.ts';
import { findModelFolder } from '../../../server/sampling/model/find-model-folder.ts';
import { openGuarded } from '../../../server/sampling/model/open-guarded.ts';
import { demoModel } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.ts';

const skip = process.platform === 'win32' && 'Windows has no named pipes in folders';

function makePipe(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
}

for (const name of [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'x.gguf',
]) {
  test(`a model whose ${name} is a pipe`, { skip }, async () => {
    const folder = scratchFolder();
    for (const file of readdirSync(demoModel)) copyFileSync(join(demoModel, file), join(folder, file));
    makePipe(join(folder, name));
    await assert.rejects(openGuarded(folder), (error: unknown) => {
      assert(error instanceof UserError, String(error));
      assert.equal(error.message, `${join(folder, name)} is a named pipe, and only files are read`);
      return true;
    });
  });
}

test('a model in a cache whose branch is a pipe', { skip, timeout: WAIT_LIMIT_MS }, async () => {
  const repository = join(scratchFolder(), 'models--owner--name');
  mkdirSync(join(repository, 'snapshots', 'one'), { recursive: true });
  makePipe(join(repository, 'refs', 'main'));
  assert.equal(await findModelFolder(repository), join(repository, 'snapshots', 'one'));
});

test('a source tree whose licence, manifest, rules and settings of git are pipes', { skip }, () => {
  const folder = scratchFolder();
  for (const name of ['LICENSE', 'package.json', '.gitignore', '.git/config']) makePipe(join(folder, name));
  writeFileSync(join(folder, 'a.py'), 'pass\n');
  const { repository, license } = describeFolder({ path: folder })('a.py');
  assert.deepEqual([folder.endsWith(repository), license], [true, '']);
  assert.deepEqual(
    walkFolder(folder).files.map(({ path }) => path),
    ['a.py'],
  );
});
