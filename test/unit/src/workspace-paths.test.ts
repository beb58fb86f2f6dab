// What is of the workspace, wherever it lies and however it is named; and what each message needs of trust.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NEEDS_NO_TRUST_OUTSIDE } from '../../../src/trust/message-trust.ts';
import { isOfWorkspace, pathsIn } from '../../../src/trust/workspace-paths.ts';
import { allMessages, messagesIn } from '../../support/all-messages.ts';
import { scratchFolder } from '../../support/scratch.ts';

test('a path is of the workspace by where it leads, not by its letters', () => {
  const top = scratchFolder();
  const folder = join(top, 'work');
  mkdirSync(join(folder, '.verbatim'), { recursive: true });
  mkdirSync(join(top, 'work-too'));
  writeFileSync(join(folder, '.verbatim', 's.sqlite'), '');
  writeFileSync(join(top, 'work-too', 's.sqlite'), '');
  symlinkSync(join(folder, '.verbatim'), join(top, 'work-too', 'link'));
  symlinkSync(join(folder, 'not-yet'), join(top, 'work-too', 'nowhere'));
  const paths = { folders: [folder], own: [] };
  for (const path of [
    join(folder, '.verbatim', 's.sqlite'),
    `${top}/work-too/../work/.verbatim/s.sqlite`,
    `${folder}/../work/.verbatim/s.sqlite`,
    `${top}/work-too/link/s.sqlite`,
    `${top}/work-too/link/../../work/x`,
    `${top}/work-too/nowhere`,
    `${folder}//.verbatim/./s.sqlite`,
    '.verbatim/s.sqlite',
    folder,
  ]) {
    assert.ok(isOfWorkspace(paths, path), path);
  }
  for (const path of [`${top}/work-too/s.sqlite`, `${folder}/../work-too/s.sqlite`, '/usr']) {
    assert.ok(!isOfWorkspace(paths, path), path);
  }
  assert.ok(!isOfWorkspace({ folders: [], own: [] }, 'anything'));
});

test('a workspace at the root of a file system holds everything but what is ours', () => {
  const top = scratchFolder();
  mkdirSync(join(top, 'storage'));
  mkdirSync(join(top, 'elsewhere'));
  symlinkSync(join(top, 'elsewhere'), join(top, 'storage', 'out'));
  const paths = { folders: ['/'], own: [join(top, 'storage')] };
  assert.ok(isOfWorkspace(paths, join(top, 'elsewhere', 's.sqlite')));
  assert.ok(isOfWorkspace(paths, join(top, 'storage', 'out', 's.sqlite')));
  assert.ok(isOfWorkspace(paths, `${top}/storage/../elsewhere/s.sqlite`));
  assert.ok(!isOfWorkspace(paths, join(top, 'storage', 'demo.sqlite')));
});

test('a request is looked through for paths, however deep they stand', () => {
  const request = {
    study: '/a/s.sqlite',
    plan: { source: { kind: 'model', model: '/m' }, corpus: ['hf://datasets/x', '/c'] },
    text: { text: '/no path' },
    closed: { folders: ['/w'] },
    baseline: null,
    n: 3,
  };
  assert.deepEqual(pathsIn(request), ['/a/s.sqlite', '/m', '/c']);
});

test('no message of the protocol is left out here and in the window that is not trusted', async () => {
  const folder = join(import.meta.dirname, '..', '..', '..', 'protocol');
  const modules = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const found = await Promise.all(modules.map(async (name) => messagesIn(await import(join(folder, name)))));
  const names = (messages: typeof allMessages) => messages.map(([name]) => name).sort();
  assert.deepEqual(names(allMessages), names(found.flat()));
});

test('every message is known to need trust or to need none outside of the workspace', () => {
  const all = allMessages.map(([, { method }]) => method);
  const needTrust = all.filter((method) => !NEEDS_NO_TRUST_OUTSIDE.has(method)).sort();
  assert.deepEqual(needTrust, [
    'verbatim/acceptFragments',
    'verbatim/askContentColumn',
    'verbatim/buildIndex',
    'verbatim/callTool',
    'verbatim/checkWithIndex',
    'verbatim/compareMaps',
    'verbatim/compareStudies',
    'verbatim/describeIndex',
    'verbatim/estimateMap',
    'verbatim/findMemorised',
    'verbatim/getIndexedDocument',
    'verbatim/indexProgress', // A notification, which the server sends.
    'verbatim/labelFragment',
    'verbatim/makePlan',
    'verbatim/measureTokens',
    'verbatim/readPlan',
    'verbatim/saveReport',
    'verbatim/saveTrainingRows',
    'verbatim/studyProgress', // A notification, which the server sends.
  ]);
  assert.equal(needTrust.length + NEEDS_NO_TRUST_OUTSIDE.size, all.length);
});
