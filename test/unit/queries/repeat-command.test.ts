// The command that repeats a study, pasted into a real shell: whatever a stranger's plan says, the program gets it as
// it is, and nothing else happens.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ColumnNames, StudyPlan } from '../../../protocol/study.ts';
import { repeatCommand } from '../../../server/queries/repeat-command.ts';
import { hostilePieces } from '../../support/hostile-text.ts';
import { modelPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const bin = join(folder, 'bin');
const here = join(folder, 'here');
mkdirSync(bin);
mkdirSync(here);
/** Says what it was given. */
writeFileSync(join(bin, 'node'), `#!/bin/sh\nprintf '%s\\0' "$@"\n`);
chmodSync(join(bin, 'node'), 0o755);

function argumentsOf(command: string): readonly string[] {
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { cwd: here, env, encoding: 'utf8' });
  assert.deepEqual({ status, stderr, made: readdirSync(here) }, { status: 0, stderr: '', made: [] }, command);
  return stdout.split('\0').slice(0, -1);
}

const planOf = (text: string): StudyPlan => ({
  ...modelPlan(`/models/${text}`, [text, `/data/${text}`], {}),
  columns: {
    content: text,
    [`x; touch owned; #${text}`]: text,
    [`content-column=a; touch owned; --${text}`]: text,
  } as ColumnNames,
});

test('every word that can be pasted is that word', () => {
  let nTried = 0;
  for (const text of hostilePieces) {
    const { command } = repeatCommand(planOf(text), `name ${text}`);
    if (command === null) continue;
    nTried++;
    const given = argumentsOf(command);
    const operand = text.startsWith('-') ? `./${text}` : text;
    assert.deepEqual(given.slice(1, 7), [
      'study',
      '--model',
      `/models/${text}`,
      '--corpus',
      operand,
      `/data/${text}`,
    ]);
    assert.equal(given[7], `--content-column=${text}`);
    assert.equal(given.at(-1), `name ${text}-again.sqlite`);
    assert(given.every((word) => !word.startsWith('--x')));
  }
  assert(nTried > 20, `${nTried}`);
});

test('what a terminal would act on, or nobody would see, is no part of a command', () => {
  for (const text of [
    'a\nb',
    'a\rb',
    'a\u0003b',
    'a\u0015touch owned',
    'a\u001b[Ab',
    'a\u009bb',
    'a\u202eb',
    'a\u200bb',
  ]) {
    assert.equal(repeatCommand(planOf(text), 'name').command, null, JSON.stringify(text));
    assert.equal(repeatCommand(planOf('fine'), text).command, null, JSON.stringify(text));
  }
  assert.notEqual(repeatCommand(planOf('fine'), 'name').command, null);
});
