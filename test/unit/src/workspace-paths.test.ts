// What is of the workspace, wherever it lies and however it is named; and what each message needs of trust.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as agentTools from '../../../protocol/agent-tools.ts';
import * as checked from '../../../protocol/checked-text.ts';
import * as comparison from '../../../protocol/comparison.ts';
import * as corpusIndex from '../../../protocol/corpus-index.ts';
import * as dashboard from '../../../protocol/dashboard.ts';
import * as extractionMap from '../../../protocol/extraction-map.ts';
import * as found from '../../../protocol/find-memorised.ts';
import * as leaving from '../../../protocol/leaving.ts';
import * as mapDashboard from '../../../protocol/map-dashboard.ts';
import * as plans from '../../../protocol/plan-file.ts';
import * as requests from '../../../protocol/requests.ts';
import * as views from '../../../protocol/views.ts';
import { NEEDS_NO_TRUST_OUTSIDE } from '../../../src/trust/message-trust.ts';
import { isOfWorkspace, pathsIn } from '../../../src/trust/workspace-paths.ts';
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

test('every message is known to need trust or to need none outside of the workspace', () => {
  const all = [
    agentTools,
    checked,
    comparison,
    corpusIndex,
    dashboard,
    extractionMap,
    found,
    leaving,
    mapDashboard,
    plans,
    requests,
    views,
  ]
    .flatMap((module) => Object.values(module as Record<string, unknown>))
    .map((value) => (value as { readonly method?: string }).method)
    .filter((method) => method !== undefined);
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
